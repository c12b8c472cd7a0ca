// @riverraft/storage-memory: one replica's log in memory, declared volatile. See README.md.
export { memoryStorage } from './memory-storage.js'
