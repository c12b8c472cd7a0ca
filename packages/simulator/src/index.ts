// @riverraft/simulator: a cluster under faults, from a seed. See README.md.
export type { Checker, Fail, Hooks } from './checkers/checker.js'
export { CHECKERS } from './checkers/index.js'
export * from './clients/register-workload.js'
export type { Choice, Workload } from './clients/workload.js'
export { type RunOptions, runSeed, type Verdict } from './runner/run.js'
export type { Recording } from './world/tape.js'
export type { Violation } from './world/world.js'
