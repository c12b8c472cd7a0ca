// @riverraft/kv: a ready-made replicated key-value store. See README.md.
export { KEY_BYTES_MAX, type KvCommand, type KvExpected, type KvValue } from './command.js'
export { Kv, type KvNode, type KvWrite } from './kv.js'
export { type KvOptions, kv } from './machine.js'
export type { KvEntry, KvResult, KvState } from './state.js'
export type { KvChange, KvWatch, WatchOptions } from './watch.js'
