// The storages under measurement, each loaded only where it is used.
import { join } from 'node:path'
import type { Storage } from '@riverraft/core'
import type { ReplicaPlan } from '../control/commands.js'
import type { StorageName } from '../names.js'

export async function createStorage(name: StorageName, { directory, redis }: ReplicaPlan): Promise<Storage> {
  switch (name) {
    case 'memory': {
      const { memoryStorage } = await import('@riverraft/storage-memory')
      return memoryStorage()
    }
    case 'file': {
      const { fileStorage } = await import('@riverraft/storage-file')
      return fileStorage({ directory: join(directory, 'log') })
    }
    case 'redis': {
      if (redis === null) throw new Error('this replica has no Redis')
      const { redisStorage } = await import('@riverraft/storage-redis')
      return redisStorage({ url: redis.url, prefix: 'benchmark' })
    }
    default:
      return name satisfies never
  }
}
