// A run is a function of its seed: nothing in it reads real time or chance.
import { expect, test } from 'vitest'
import { type RunOptions, registers, registerWorkload, runSeed, type Verdict } from '../src/index.js'
import { withoutRealTime } from './without-real-time.js'

type Run = Partial<RunOptions<never, never, never>>

const run = (seed: number, changed: Run = {}): Promise<Verdict> =>
  runSeed({ stateMachine: registers, workload: registerWorkload, seed, seconds: 20, ...(changed as object) })

test.each([3, 6, 2 ** 40 + 7])('seed %i goes the same way twice', async (seed) => {
  const first = await run(seed)
  const second = await run(seed)
  expect(second.traceHash).toBe(first.traceHash)
  expect(second.eventCount).toBe(first.eventCount)
  expect(second.recording).toEqual(first.recording)
  expect(first.violation).toBeUndefined()
})

test('another seed goes another way', async () => {
  expect((await run(11)).traceHash).not.toBe((await run(12)).traceHash)
})

test('a recording goes the way of its seed', async () => {
  const drawn = await run(6)
  const repeated = await run(6, { recording: drawn.recording })
  expect(repeated.traceHash).toBe(drawn.traceHash)
})

test('an empty tape is a quiet world', async () => {
  const recording = { plan: [], nemesis: [], network: [], disk: [], clients: [] }
  const { violation, faults, leaderChanges, acknowledged, operations } = await run(1, { recording })
  expect(violation).toBeUndefined()
  expect({ faults, leaderChanges }).toEqual({ faults: 0, leaderChanges: 0 })
  expect(acknowledged).toBe(operations)
})

test('no part of a run reads real time or chance', async () => {
  const expected = await run(6)
  const { verdict, touched } = await withoutRealTime(() => run(6))
  expect(touched).toEqual([])
  expect(verdict.traceHash).toBe(expected.traceHash)
})

test.each([
  () => Date.now(),
  () => performance.now(),
  () => Math.random(),
  () => crypto.getRandomValues(new Uint8Array(1)),
  () => setTimeout(() => {}, 0),
])('whoever reads real time or chance during a run is found: %s', async (read) => {
  await expect(withoutRealTime(async () => read())).rejects.toThrow('not for a simulated run')
})
