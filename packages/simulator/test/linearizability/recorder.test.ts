// A simulated clock stands still while clients call and return.
import { expect, test } from 'vitest'
import {
  checkLinearizability,
  HistoryRecorder,
  type RegisterInput,
  type RegisterOutput,
  registerModel,
} from '../../src/linearizability/index.js'

test('what happened in the same millisecond happened in order', () => {
  const recorder = new HistoryRecorder<RegisterInput, RegisterOutput>()
  const write = recorder.call('a', { type: 'write', value: 1 }, 5)
  recorder.returned(write, undefined, 5)
  const read = recorder.call('b', { type: 'read' }, 5)
  recorder.returned(read, null, 5)
  expect(checkLinearizability(registerModel(), recorder.history).ok).toBe(false)
})

test('today is not too late for a clock to tell events apart', () => {
  const recorder = new HistoryRecorder<RegisterInput, RegisterOutput>()
  const now = Date.UTC(2100, 0, 1)
  for (let i = 0; i < 3; i++) recorder.call('a', { type: 'read' }, now)
  const times = recorder.history.map(({ calledAt }) => calledAt)
  expect(new Set(times).size).toBe(3)
  expect(Math.floor(times[2]!)).toBe(now)
})

test('unknown until settled, and settled once', () => {
  const recorder = new HistoryRecorder<RegisterInput, RegisterOutput>()
  const [first, second] = [recorder.call('a', { type: 'read' }, 1), recorder.call('b', { type: 'read' }, 2)]
  recorder.notApplied(second, 3)
  expect(recorder.history).toEqual([
    { client: 'a', input: { type: 'read' }, calledAt: 1, outcome: 'unknown' },
    { client: 'b', input: { type: 'read' }, calledAt: 2, outcome: 'not-applied', returnedAt: 3 },
  ])
  expect(() => recorder.returned(second, null, 4)).toThrow('settled already')
  expect(() => recorder.notApplied(7, 4)).toThrow('not known')
  recorder.returned(first, null, 5)
  expect(recorder.history[0]).toMatchObject({ outcome: 'returned', returnedAt: 5, output: null })
})
