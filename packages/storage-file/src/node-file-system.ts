// The FileSystem of this machine: callback fs with numeric descriptors, which costs less than FileHandle promises.
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { lockDirectory } from './directory-lock.js'
import type { Done, File, FileSystem, OpenMode } from './file-system.js'

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = fs.constants
/**
 * Only where it is known to reach the disk: elsewhere the flag is missing or weaker than what fdatasync does there.
 */
const O_DSYNC: number = process.platform === 'linux' ? (fs.constants.O_DSYNC ?? 0) : 0

export interface NodeFileSystemOptions {
  /** Default: where the system has O_DSYNC. False: write, then fdatasync. */
  readonly writesThrough?: boolean
}

export function nodeFileSystem({ writesThrough = O_DSYNC !== 0 }: NodeFileSystemOptions = {}): FileSystem {
  const dsync = writesThrough ? O_DSYNC : 0
  const flags: Record<OpenMode, number> = {
    read: O_RDONLY,
    write: O_RDWR,
    create: O_RDWR | O_CREAT | O_EXCL,
    log: O_RDWR | dsync,
    'create-log': O_RDWR | O_CREAT | O_EXCL | dsync,
  }
  return {
    writesThrough: dsync !== 0,
    makeDirectory,
    list: (path) => fs.promises.readdir(path),
    open: (path, mode) => promised<File>((done) => fs.open(path, flags[mode], 0o600, done)),
    close: (file) => promised<void>((done) => fs.close(file, done)),
    size: async (file) => (await promised<fs.Stats>((done) => fs.fstat(file, done))).size,
    read: (file, bytes, position) =>
      promised<number>((done) => fs.read(file, bytes, 0, bytes.length, position, done)),
    write: (file, buffers, position, done) => fs.writev(file, buffers, position, done),
    truncate: (file, length) => promised<void>((done) => fs.ftruncate(file, length, done)),
    sync: (file, done) => fs.fdatasync(file, done),
    rename: (from, to) => fs.promises.rename(from, to),
    remove: (path) => fs.promises.unlink(path),
    syncDirectory,
    lock: lockDirectory,
    randomU32: () => randomBytes(4).readUInt32LE(),
  }
}

/**
 * One level after another, each durable before the next: whoever made one and died before it was durable was the last to
 * make any, so of those that exist only the deepest can be in doubt.
 */
async function makeDirectory(path: string): Promise<void> {
  const parent = dirname(path)
  const exists = await fs.promises.stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )
  if (!exists && parent !== path) await makeDirectory(parent)
  // Recursive: it is no error when somebody else was quicker.
  await fs.promises.mkdir(path, { recursive: true, mode: 0o700 })
  try {
    await syncDirectory(parent)
  } catch (error) {
    // It may stand in a place that is not ours to open, or that knows no sync.
    if (!exists || (error as NodeJS.ErrnoException).code === 'EIO') throw error
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows keeps directory changes in its journal and cannot open a directory.
  if (process.platform === 'win32') return
  const directory = await promised<File>((done) => fs.open(path, O_RDONLY, done))
  try {
    await promised<void>((done: Done) => fs.fsync(directory, done))
  } finally {
    await promised<void>((done) => fs.close(directory, done))
  }
}

function promised<Value>(
  call: (done: (error?: Error | null, value?: Value) => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value as Value)))
  })
}
