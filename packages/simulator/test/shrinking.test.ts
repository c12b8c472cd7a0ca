// A failure is found, made smaller, saved, and repeated from what was saved.
import { defineStateMachine } from '@riverraft/core'
import { beforeAll, expect, test } from 'vitest'
import { runSeed, SimulationFailure, simulate, type Workload } from '../src/index.js'
import { draws, shrink } from '../src/runner/shrink.js'

/** A bug of a user: the machine looks at something besides the command, so replicas that restart disagree. */
let made = 0
const forgetful = defineStateMachine({
  initial: { total: 0, machine: 0 },
  apply(state, command: { add: number }) {
    state.machine ||= ++made
    state.total += command.add + (state.machine > 6 ? 1 : 0)
    return state.total
  },
})
const workload: Workload<{ add: number }, { total: number }> = {
  command: (choice) => ({ add: choice.below(5) }),
  query: () => (state) => state.total,
}

test('a machine that is not deterministic is caught, and said how to repeat', {
  timeout: 60_000,
}, async () => {
  made = 0
  const failure = await simulate({ stateMachine: forgetful, workload, seeds: [3], shrinkRuns: 3 }).catch(
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(SimulationFailure)
  const { verdict, replay, message } = failure as SimulationFailure
  expect(verdict.violation?.property).toBe('same-state')
  expect(message).toContain('seed 3: ')
  expect(message).toContain('{ seeds: [3] }')
  expect(replay).toMatchObject({ format: 1, seed: 3, property: 'same-state' })
})

/** A machine with a bug that is reached late, and the same way each time. */
const wrong = defineStateMachine({
  initial: { total: 0 },
  apply(state, command: { add: number }, { term }) {
    if (term > 3) throw new Error('a bug in the machine')
    state.total += command.add
    return state.total
  },
})

/** A seed that reaches the bug: which one does changes whenever the simulator learns a fault. */
let seed = 0
beforeAll(async () => {
  let property: string | undefined
  while (property !== 'no-unexpected-stop') {
    seed++
    property = (await runSeed({ stateMachine: wrong, workload, seed, seconds: 30 })).violation?.property
  }
}, 60_000)
const failing = () => ({ stateMachine: wrong, workload, seed, seconds: 30 })

test('a failure becomes smaller: less chance, fewer requests, the same property', {
  timeout: 300_000,
}, async () => {
  const options = failing()
  const verdict = await runSeed(options)
  expect(verdict.violation?.property).toBe('no-unexpected-stop')
  const smallest = await shrink(options, verdict, { runs: 90 })
  expect(smallest.verdict.violation?.property).toBe('no-unexpected-stop')
  expect(draws(smallest.verdict.recording)).toBeLessThan(draws(verdict.recording) / 5)
  // One command is enough to reach the bug.
  expect(smallest.options.skipped?.size).toBeGreaterThan(0)
  expect(smallest.verdict.operations).toBeLessThan(verdict.operations / 5)
  expect(smallest.runs).toBeLessThanOrEqual(90)
})

test('a budget of nothing changes nothing', { timeout: 60_000 }, async () => {
  const options = failing()
  const verdict = await runSeed(options)
  const { verdict: same, runs } = await shrink(options, verdict, { runs: 0 })
  expect([same.traceHash, runs]).toEqual([verdict.traceHash, 0])
})

test('the file of a failure repeats it exactly', { timeout: 300_000 }, async () => {
  const failure = await simulate({
    stateMachine: wrong,
    workload,
    seeds: [seed],
    seconds: 30,
    shrinkRuns: 20,
  }).catch((error: unknown) => error as SimulationFailure)
  const { replay } = failure as SimulationFailure
  const saved = JSON.parse(JSON.stringify(replay)) as typeof replay
  const repeated = await simulate({ stateMachine: wrong, workload, replay: saved }).catch(
    (error: unknown) => error as SimulationFailure,
  )
  expect((repeated as SimulationFailure).verdict.traceHash).toBe(replay.traceHash)
  expect((repeated as SimulationFailure).message).toContain(replay.message)
})
