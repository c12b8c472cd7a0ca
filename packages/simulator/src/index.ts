// @riverraft/simulator: a cluster under faults, from a seed. See README.md.
export type { Checker, Fail, Hooks } from './checkers/checker.js'
export { checkFromOutside } from './checkers/client-history-as-seen-from-outside.js'
export { CHECKERS } from './checkers/index.js'
export * from './clients/register-workload.js'
export type { Choice, Workload } from './clients/workload.js'
export type { Replay } from './runner/replay-file.js'
export { type RunOptions, runSeed, type Verdict } from './runner/run.js'
export { draws, type ShrinkBudget, type Shrunk, shrink } from './runner/shrink.js'
export {
  replayOf,
  type Simulated,
  type SimulateOptions,
  SimulationFailure,
  simulate,
} from './runner/simulate.js'
export type { Recording } from './world/tape.js'
export type { Violation } from './world/world.js'
