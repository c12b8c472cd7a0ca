// A disk in memory, under the real code of the file storage, whose power can fail: what was not synced is gone then.
import type { File, FileSystem, OpenMode } from '@riverraft/storage-file'

/** What processes see, and what is there after a loss of power. */
interface Inode {
  cached: Uint8Array
  durable: Uint8Array
}

interface OpenFile {
  readonly inode: Inode
  readonly writes: boolean
  /** A completed write is a durable one. */
  readonly through: boolean
}

const DIRECTORY = 'directory'
type Named = Inode | typeof DIRECTORY

export class CrashableDisk {
  readonly writesThrough: boolean
  /** Whether what changes anything fails. */
  failing = false
  /** By path. */
  names = new Map<string, Named>([['', DIRECTORY]])
  #durableNames = new Map(this.names)
  /** The process that lives. */
  #process = 0
  readonly #locks = new Map<string, number>()

  constructor(writesThrough = true) {
    this.writesThrough = writesThrough
  }

  /** Every process dies, and everything goes that was not durable. */
  losePower(): void {
    this.#process++
    this.names = new Map(this.#durableNames)
    for (const named of this.names.values()) if (named !== DIRECTORY) named.cached = named.durable.slice()
  }

  syncNames(path: string): void {
    this.directory(path)
    const isIn = (name: string): boolean => parentOf(name) === path && name !== ''
    for (const name of this.#durableNames.keys()) if (isIn(name)) this.#durableNames.delete(name)
    for (const [name, named] of this.names) if (isIn(name)) this.#durableNames.set(name, named)
  }

  directory(path: string): void {
    const named = this.names.get(path)
    if (named !== DIRECTORY) throw systemError(named === undefined ? 'ENOENT' : 'ENOTDIR', path)
  }

  inode(path: string): Inode {
    const named = this.names.get(path)
    if (named === undefined || named === DIRECTORY) throw systemError('ENOENT', path)
    return named
  }

  /** The files of the process that lives now. What a dead one asks for is never answered. */
  fileSystem(): FileSystem {
    const process = this.#process
    const files = new Map<File, OpenFile>()
    let next = 3
    const call = async <Answer>(run: () => Answer): Promise<Answer> => {
      await Promise.resolve()
      if (process !== this.#process) return new Promise(() => {})
      return run()
    }
    const change = <Answer>(run: () => Answer): Promise<Answer> =>
      call(() => {
        if (this.failing) throw systemError('EIO', 'injected')
        return run()
      })
    const opened = (file: File): OpenFile => {
      const found = files.get(file)
      if (found === undefined) throw systemError('EBADF', String(file))
      return found
    }
    const changed = (file: File, change: (cached: Uint8Array) => Uint8Array): void => {
      const { inode, writes, through } = opened(file)
      if (!writes) throw systemError('EBADF', String(file))
      inode.cached = change(inode.cached)
      if (through) inode.durable = inode.cached.slice()
    }
    return {
      writesThrough: this.writesThrough,
      makeDirectory: (path) =>
        call(() => {
          const parts = path.split('/')
          for (let length = 1; length <= parts.length; length++) {
            const above = parts.slice(0, length).join('/')
            if ((this.names.get(above) ?? DIRECTORY) !== DIRECTORY) throw systemError('EEXIST', above)
            this.names.set(above, DIRECTORY)
            this.#durableNames.set(above, DIRECTORY)
          }
        }),
      list: (path) =>
        call(() => {
          this.directory(path)
          const inside = [...this.names.keys()].filter((name) => name !== '' && parentOf(name) === path)
          return inside.map((name) => name.slice(path.length + 1))
        }),
      open: (path, mode) =>
        call(() => {
          files.set(next, this.#open(path, mode))
          return next++
        }),
      close: (file) =>
        call(() => {
          opened(file)
          files.delete(file)
        }),
      size: (file) => call(() => opened(file).inode.cached.length),
      read: (file, bytes, position) =>
        call(() => {
          const there = opened(file).inode.cached.subarray(position, position + bytes.length)
          bytes.set(there)
          return there.length
        }),
      write: (file, buffers, position, done) => {
        change(() => {
          const written = buffers.reduce((sum, { length }) => sum + length, 0)
          changed(file, (cached) => over(cached, buffers, position))
          return written
        }).then(
          (written) => done(null, written),
          (error: Error) => done(error, 0),
        )
      },
      truncate: (file: File, length: number) =>
        change(() => changed(file, (cached) => cached.slice(0, length))),
      sync: (file, done) => {
        change(() => {
          const { inode } = opened(file)
          inode.durable = inode.cached.slice()
        }).then(() => done(), done)
      },
      rename: (from, to) =>
        change(() => {
          const inode = this.inode(from)
          this.directory(parentOf(to))
          this.names.delete(from)
          this.names.set(to, inode)
        }),
      remove: (path) =>
        change(() => {
          this.inode(path)
          this.names.delete(path)
        }),
      syncDirectory: (path) => change(() => this.syncNames(path)),
      lock: (path) =>
        call(() => {
          this.directory(path)
          if (this.#locks.get(path) === process) return undefined
          this.#locks.set(path, process)
          return async () => {
            this.#locks.delete(path)
          }
        }),
      randomU32: () => Math.floor(Math.random() * 2 ** 32),
    } as FileSystem
  }

  #open(path: string, mode: OpenMode): OpenFile {
    const creates = mode === 'create' || mode === 'create-log'
    if (creates) {
      this.directory(parentOf(path))
      if (this.names.has(path)) throw systemError('EEXIST', path)
      this.names.set(path, { cached: new Uint8Array(), durable: new Uint8Array() })
    }
    const through = this.writesThrough && (mode === 'log' || mode === 'create-log')
    return { inode: this.inode(path), writes: mode !== 'read', through }
  }
}

function over(cached: Uint8Array, buffers: readonly Uint8Array[], position: number): Uint8Array {
  const written = buffers.reduce((sum, { length }) => sum + length, 0)
  const bytes = new Uint8Array(Math.max(cached.length, position + written))
  bytes.set(cached)
  let at = position
  for (const buffer of buffers) {
    bytes.set(buffer, at)
    at += buffer.length
  }
  return bytes
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
