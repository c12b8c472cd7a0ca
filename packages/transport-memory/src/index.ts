// @riverraft/transport-memory: a network inside one process, with links that can be broken. See README.md.
export type { Delay } from './faults.js'
export { type MemoryNetwork, type MemoryNetworkOptions, memoryNetwork } from './memory-network.js'
