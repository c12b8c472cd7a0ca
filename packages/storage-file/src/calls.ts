// Calls of the FileSystem that belong together.
import type { Done, File, FileSystem } from './file-system.js'

/** What one writev takes at most on Linux and macOS (IOV_MAX). */
const BUFFERS_MAX = 1024

/** Writes all of `buffers`, however many bytes each call takes. Does not sync. */
export function writeAll(
  fileSystem: FileSystem,
  file: File,
  buffers: readonly Uint8Array[],
  position: number,
  done: Done,
): void {
  if (buffers.length === 0) return done()
  const some = buffers.length > BUFFERS_MAX ? buffers.slice(0, BUFFERS_MAX) : buffers
  fileSystem.write(file, some, position, (error, written) => {
    if (error) return done(error)
    if (written === 0) return done(new Error('the system wrote nothing, and gave no reason'))
    writeAll(fileSystem, file, skip(buffers, written), position + written, done)
  })
}

function skip(buffers: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let at = 0
  while (at < buffers.length && bytes >= buffers[at]!.length) bytes -= buffers[at++]!.length
  const rest = buffers.slice(at)
  if (bytes > 0) rest[0] = rest[0]!.subarray(bytes)
  return rest
}

/** `writeAll` as a promise. */
export function write(
  fileSystem: FileSystem,
  file: File,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  return settled((done) => writeAll(fileSystem, file, [bytes], position, done))
}

export function sync(fileSystem: FileSystem, file: File): Promise<void> {
  return settled((done) => fileSystem.sync(file, done))
}

/** Reads until `bytes` is full or the file ends; returns how many there were. */
export async function readUpTo(
  fileSystem: FileSystem,
  file: File,
  bytes: Uint8Array,
  position: number,
): Promise<number> {
  let have = 0
  while (have < bytes.length) {
    const read = await fileSystem.read(file, bytes.subarray(have), position + have)
    if (read === 0) break
    have += read
  }
  return have
}

/** Runs `use` with an open file, and closes it whatever happens. */
export async function withFile<Result>(
  fileSystem: FileSystem,
  path: string,
  mode: 'read' | 'write' | 'create',
  use: (file: File) => Promise<Result>,
): Promise<Result> {
  const file = await fileSystem.open(path, mode)
  try {
    return await use(file)
  } finally {
    await fileSystem.close(file)
  }
}

/** A small file, durable as a whole or not there: temporary name, sync, rename, sync of the directory. */
export async function createFile(
  fileSystem: FileSystem,
  directory: string,
  name: string,
  temporary: string,
  fill: (file: File) => Promise<void>,
): Promise<void> {
  try {
    await withFile(fileSystem, `${directory}/${temporary}`, 'create', async (file) => {
      await fill(file)
      await sync(fileSystem, file)
    })
  } catch (error) {
    await fileSystem.remove(`${directory}/${temporary}`).catch(() => {})
    throw error
  }
  await fileSystem.rename(`${directory}/${temporary}`, `${directory}/${name}`)
  await fileSystem.syncDirectory(directory)
}

function settled(call: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()))
  })
}
