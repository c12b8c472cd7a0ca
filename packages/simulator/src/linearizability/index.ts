// Is what clients saw possible if every operation took effect at one moment between its call and its return?
export { type CheckOptions, type CheckResult, checkLinearizability, type Exhausted } from './check.js'
export type { Explanation } from './explain.js'
export type { History, NotApplied, Operation, Returned, Unknown } from './history.js'
export { byKey, ILLEGAL, type Model, NEVER_BEFORE, type Observed, type Step, UNKNOWN } from './model.js'
export { type CounterInput, type CounterOutput, counterModel } from './models/counter.js'
export {
  type KvModelInput,
  type KvModelOutput,
  type KvModelState,
  type KvModelValue,
  kvModel,
} from './models/kv.js'
export { type ListInput, type ListOutput, listModel } from './models/list.js'
export {
  type RegisterInput,
  type RegisterOutput,
  type RegisterValue,
  registerModel,
} from './models/register.js'
export { HistoryRecorder } from './recorder.js'
