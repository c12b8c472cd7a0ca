// What is kept for `explain` is bounded, whoever comes by: anybody who reaches the port may say hello, under any name.
import { expect, test } from 'vitest'
import { Recall } from '../../src/node/explain/recall.js'

test('hellos under ever new names do not fill the memory, and the latest news of a peer stays', () => {
  let now = 0
  const recall = new Recall('A', () => now)
  recall.note({ type: 'LinkDown', peer: 'B', reason: 'reset' })
  for (; now < 1_000; now++) {
    recall.note({ type: 'HelloRefused', peer: `stranger ${now}`, by: 'A', refusal: 'wrong-cluster' })
    if (now % 100 === 0) recall.note({ type: 'LinkDown', peer: 'B', reason: `reset ${now}` })
  }
  expect(recall.down.size).toBeLessThanOrEqual(300)
  expect(recall.down.get('B')).toEqual({ at: 900, why: 'reset 900' })
  expect(recall.down.has('stranger 999')).toBe(true)
  expect(recall.down.has('stranger 0')).toBe(false)
  recall.note({ type: 'LinkUp', peer: 'B' })
  expect(recall.down.has('B')).toBe(false)
})
