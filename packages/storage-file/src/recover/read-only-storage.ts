// A directory as a storage that can only be asked: what opening would find, and no byte of it changed.
import { RaftError, type Storage } from '@riverraft/core'
import { isLocked } from '../directory-lock.js'
import { failure } from '../errors.js'
import type { FileSystem } from '../file-system.js'
import { type OpenedDirectory, readDirectory, refuseEmpty, storedStateOf } from '../open-directory.js'
import { readLog } from '../read-log.js'

/** `open` and `read` alone; it must be in nobody's use. */
export function readOnlyStorage(fileSystem: FileSystem, directory: string): Storage {
  let opened: OpenedDirectory | undefined
  const refuse = async (): Promise<never> => {
    throw new RaftError('ERR_STORAGE', `${directory}: it is only read`)
  }
  const read: Storage['read'] = async (from, bytesMax) => {
    if (opened === undefined) return refuse()
    const { log, segments } = opened.state
    return readLog(fileSystem, directory, log, segments, from, bytesMax)
  }
  return {
    name: 'file',
    durable: true,
    async open(identity) {
      try {
        await refuseEmpty(fileSystem, directory)
        if ((await isLocked(directory)) === true)
          throw new RaftError('ERR_STORAGE_LOCKED', `${directory} is open: stop the node first`)
        opened = await readDirectory(fileSystem, directory, await fileSystem.list(directory), identity)
        const [last] = await read(opened.state.log.lastIndex, 1)
        return storedStateOf(opened, last)
      } catch (cause) {
        throw failure(directory, 'it cannot be read', cause)
      }
    },
    read,
    write: (_, completed) => void refuse().catch(completed),
    saveSnapshot: refuse,
    openSnapshot: refuse,
    compact: refuse,
    async close() {
      opened = undefined
    },
  }
}
