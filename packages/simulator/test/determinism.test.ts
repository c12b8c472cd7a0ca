// A run is a function of its seed: nothing in it reads real time or chance.
import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as timerOfModule } from 'node:timers'
import { defineStateMachine } from '@riverraft/core'
import { expect, test } from 'vitest'
import {
  type RegisterCommand,
  type RunOptions,
  registers,
  registerWorkload,
  runSeed,
  type Verdict,
} from '../src/index.js'
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
  () => new Date(),
  () => performance.now(),
  () => process.hrtime(),
  () => process.hrtime.bigint(),
  () => Math.random(),
  () => crypto.getRandomValues(new Uint8Array(1)),
  () => crypto.randomUUID(),
  () => randomBytes(1),
  () => randomInt(2),
  () => setTimeout(() => {}, 0),
  () => setImmediate(() => {}),
  () => timerOfModule(() => {}, 0),
  () => queueMicrotask(() => {}),
  () => readFileSync(import.meta.filename),
])('whoever reads real time or chance during a run is found: %s', async (read) => {
  await expect(withoutRealTime(async () => read())).rejects.toThrow('not for a simulated run')
})

test.each([
  ['now', () => Date.now()],
  ['random', () => Math.random()],
] as const)('a machine that asks for %s in its apply is found during a run', async (source, ask) => {
  const stateMachine = defineStateMachine({
    initial: { asked: 0 },
    apply: (state, _command: RegisterCommand) => {
      state.asked += ask() === undefined ? 1 : 0
      return true
    },
  })
  const workload = { command: registerWorkload.command }
  const asks = (): Promise<Verdict> => runSeed({ stateMachine, workload, seed: 6, seconds: 5 })
  expect((await asks()).violation).toBeUndefined()
  const { verdict, touched } = await withoutRealTime(asks)
  expect(verdict.violation).toMatchObject({
    property: 'no-unexpected-stop',
    message: expect.stringContaining(`${source} is not for a simulated run`) as string,
  })
  expect(touched[0]).toMatch(new RegExp(`^${source} .*determinism`))
})

test('what was taken away is back afterwards', async () => {
  await withoutRealTime(async () => {})
  expect(String(new Date())).toMatch(/20\d\d/)
  expect(Date.now() + Math.random() + performance.now()).toBeGreaterThan(0)
})
