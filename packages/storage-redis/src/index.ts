// @riverraft/storage-redis: one replica's log in a Redis of its own. See README.md.
export type { RedisConnection, RedisStorageOptions } from './options.js'
export { redisStorage } from './redis-storage.js'
