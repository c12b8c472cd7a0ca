import { describe, expect, test } from 'vitest'
import { helpLines } from '../../src/prompt/help.js'
import { parseLine } from '../../src/prompt/parse.js'

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
    ['members', { type: 'members' }],
    ['add', { type: 'add', who: undefined, address: undefined }],
    ['add n4', { type: 'add', who: 'n4', address: undefined }],
    ['promote n4', { type: 'change', verb: 'promote', who: 'n4' }],
    ['demote n4', { type: 'change', verb: 'demote', who: 'n4' }],
    ['remove n4', { type: 'change', verb: 'remove', who: 'n4' }],
    ['transfer', { type: 'transfer', who: undefined }],
    ['transfer n2', { type: 'transfer', who: 'n2' }],
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
    ['members all', /Usage: members/],
    ['add n4 n5', /Usage: add \[n4\]/],
    ['promote', /Usage: promote <who>/],
    ['remove n1 n2', /Usage: remove <who>/],
    ['transfer n1 n2', /Usage: transfer/],
    ['jump', /There is no "jump"/],
  ])('%s', (text, message) =>
    expect(parseLine(text, 'up')).toMatchObject({ type: 'wrong', message: expect.stringMatching(message) }),
  )
})

test('a single node has no other processes to kill or to choose from', () => {
  expect(parseLine('kill', 'node')).toMatchObject({ type: 'wrong' })
  expect(parseLine('start', 'node')).toMatchObject({ type: 'wrong' })
  expect(parseLine('put river @n2', 'node')).toEqual(command({ type: 'put', key: 'river', value: '@n2' }))
  expect(parseLine('add d 127.0.0.1:7004', 'node')).toEqual({
    type: 'add',
    who: 'd',
    address: '127.0.0.1:7004',
  })
  expect(parseLine('add d', 'node')).toMatchObject({
    type: 'wrong',
    message: expect.stringMatching(/<address>/),
  })
  expect(helpLines('node').join('\n')).not.toMatch(/kill|start|@n2/)
  expect(helpLines('up').join('\n')).toMatch(/kill/)
})
