import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { describeAnswer, describeFailure, describeListing, table } from '../../src/ui/answers.js'
import { describe as sentence } from '../../src/ui/describe.js'
import { Screen } from '../../src/ui/screen.js'

test('lines are aligned, times count from the start, and a pipe gets no colours', async () => {
  const output = new PassThrough()
  const screen = new Screen(output, 1_000)
  screen.chapter('They meet')
  screen.say('word '.repeat(30).trim())
  screen.line(1_012.4, 'n1', screen.style('red', 'is killed'))
  screen.line(113_345, undefined, 'later')
  output.end()
  const first = 'word '.repeat(20).trim()
  expect(await text(output)).toBe(
    `\n1  They meet\n${first}\n${'word '.repeat(10).trim()}\n      12 ms  n1    is killed\n  112345 ms  later\n`,
  )
})

test('columns are as wide as their widest cell', () => {
  expect(
    table([
      ['node', 'role'],
      ['n1', 'leader'],
      ['n2', ''],
    ]),
  ).toEqual(['  node  role', '  n1    leader', '  n2'])
})

test('an unknown outcome is never called a failure', () => {
  expect(describeFailure({ code: 'ERR_OUTCOME_UNKNOWN', message: 'x' })).toMatch(
    /may or may not have been applied/,
  )
  expect(describeFailure({ code: 'ERR_TIMEOUT', message: 'x' })).toMatch(/certainly not applied/)
})

test('answers are sentences', () => {
  const receipt = { index: 7, term: 2, elapsedMs: 1.26 }
  expect(describeAnswer({ type: 'put', ...receipt })).toBe('written: index 7, term 2, 1.3 ms')
  expect(describeAnswer({ type: 'get', value: null, elapsedMs: 12.6 })).toBe('there is no such key  (13 ms)')
  expect(describeAnswer({ type: 'cas', swapped: false, current: 'x', ...receipt })).toMatch(
    /^not swapped, it holds "x"/,
  )
})

test('a listing says how much there is, and shows what was written last', () => {
  const newest = [
    { key: 'river', value: 'Elbe' },
    { key: 'lake', value: null },
  ]
  expect(describeListing({ count: 0, newest: [] })).toBe('no keys')
  expect(describeListing({ count: 1, newest: newest.slice(0, 1) })).toBe('1 key: river = "Elbe"')
  expect(describeListing({ count: 5, newest })).toBe('5 keys: river = "Elbe", lake = null, and 3 older ones')
})

test('peers are called what the reader knows them by', () => {
  const nameOf = (peer: string) => ({ a: 'n1', b: 'n2' })[peer] ?? '?'
  expect(sentence({ type: 'leader', leader: 'a', term: 3, self: false }, nameOf)).toBe(
    'follows n1, leader of term 3',
  )
  const refusal = { type: 'hello-refused', refusal: 'incarnation-changed' } as const
  expect(sentence({ ...refusal, peer: 'b', by: 'a' }, nameOf)).toBe('refuses n2: incarnation-changed')
  expect(sentence({ ...refusal, peer: 'b', by: 'b' }, nameOf)).toBe('is refused by n2: incarnation-changed')
})
