import { describe, expect, test } from 'vitest'
import { helpLines, parseLine } from '../../src/prompt/parse.js'

const command = (command: object, at?: string) => ({ type: 'command', command, at })

describe('a line is a command', () => {
  test.each([
    ['put river Rhine', command({ type: 'put', key: 'river', value: 'Rhine' })],
    ['put river the Rhine', command({ type: 'put', key: 'river', value: 'the Rhine' })],
    ['put "a key" \'two  spaces\'', command({ type: 'put', key: 'a key', value: 'two  spaces' })],
    ['put river ""', command({ type: 'put', key: 'river', value: '' })],
    ['  get   river ', command({ type: 'get', key: 'river' })],
    ['del river', command({ type: 'del', key: 'river' })],
    ['cas river Rhine Danube', command({ type: 'cas', key: 'river', expected: 'Rhine', value: 'Danube' })],
    ['cas river - Rhine', command({ type: 'cas', key: 'river', expected: null, value: 'Rhine' })],
    ['watch', command({ type: 'watch', prefix: '' })],
    ['watch riv', command({ type: 'watch', prefix: 'riv' })],
    ['watch off', command({ type: 'watch', prefix: null })],
    ['status', command({ type: 'status' })],
    ['get river @n2', command({ type: 'get', key: 'river' }, 'n2')],
    ['kill', { type: 'kill', target: 'leader' }],
    ['kill n3', { type: 'kill', target: 'n3' }],
    ['start', { type: 'start', target: undefined }],
    ['start n3', { type: 'start', target: 'n3' }],
    ['restart n3', { type: 'start', target: 'n3' }],
    ['list', command({ type: 'list', prefix: '' })],
    ['list riv', command({ type: 'list', prefix: 'riv' })],
    ['quit', { type: 'quit' }],
    ['exit', { type: 'quit' }],
    ['help', { type: 'help' }],
    ['', { type: 'empty' }],
  ])('%s', (text, line) => expect(parseLine(text, 'up')).toEqual(line))
})

describe('or an explanation', () => {
  test.each([
    ['put river', /Usage: put/],
    ['get', /Usage: get/],
    ['get a b', /Usage: get/],
    ['cas a b', /Usage: cas/],
    ['put a "b', /quote/],
    ['start n1 n2', /Usage: start/],
    ['list a b', /Usage: list/],
    ['jump', /There is no "jump"/],
  ])('%s', (text, message) =>
    expect(parseLine(text, 'up')).toMatchObject({ type: 'wrong', message: expect.stringMatching(message) }),
  )
})

test('a single node has no other processes to kill or to choose from', () => {
  expect(parseLine('kill', 'node')).toMatchObject({ type: 'wrong' })
  expect(parseLine('start', 'node')).toMatchObject({ type: 'wrong' })
  expect(parseLine('put river @n2', 'node')).toEqual(command({ type: 'put', key: 'river', value: '@n2' }))
  expect(helpLines('node').join('\n')).not.toMatch(/kill|start|@n2/)
  expect(helpLines('up').join('\n')).toMatch(/kill/)
})
