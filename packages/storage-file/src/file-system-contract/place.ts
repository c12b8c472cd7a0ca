// Where a test of the contract runs, and what all of them do there.
import assert from 'node:assert/strict'
import { readUpTo, sync as synced, writeAll } from '../calls.js'
import type { File, FileSystem, OpenMode } from '../file-system.js'

export interface Place {
  readonly fileSystem: FileSystem
  /** Exists, is empty, and will be there after a loss of power. */
  readonly directory: string
}

/** One sentence of the contract, by the name that says it. */
export type Contract = Record<string, (place: Place) => Promise<void>>

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Writes everything, however much each call takes. */
export function write(
  { fileSystem }: Place,
  file: File,
  position: number,
  ...texts: readonly string[]
): Promise<void> {
  return new Promise((resolve, reject) => {
    writeAll(fileSystem, file, texts.map(bytesOf), position, (error) => (error ? reject(error) : resolve()))
  })
}

export function sync({ fileSystem }: Place, file: File): Promise<void> {
  return synced(fileSystem, file)
}

/** What stands there, at most `length` bytes, however few each call gives. */
export async function read({ fileSystem }: Place, file: File, position = 0, length = 100): Promise<string> {
  const bytes = new Uint8Array(length)
  return new TextDecoder().decode(bytes.subarray(0, await readUpTo(fileSystem, file, bytes, position)))
}

export async function using<Result>(
  { fileSystem }: Place,
  path: string,
  mode: OpenMode,
  use: (file: File) => Promise<Result>,
): Promise<Result> {
  const file = await fileSystem.open(path, mode)
  try {
    return await use(file)
  } finally {
    await fileSystem.close(file)
  }
}

/** A new file with this content, synced. Its name is not. */
export function create(place: Place, path: string, text: string): Promise<void> {
  return using(place, path, 'create', async (file) => {
    await write(place, file, 0, text)
    await sync(place, file)
  })
}

export function contentOf(place: Place, path: string): Promise<string> {
  return using(place, path, 'read', (file) => read(place, file))
}

export async function namesIn({ fileSystem }: Place, path: string): Promise<string[]> {
  return (await fileSystem.list(path)).sort()
}

/** The call fails as the system's calls do: with an Error that has the system's code. */
export async function failsWith(code: string, call: () => Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof Error, `not an Error: ${String(error)}`)
    assert.equal((error as NodeJS.ErrnoException).code, code)
    return true
  })
}
