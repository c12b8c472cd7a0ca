// Small JSON files that a crash leaves whole: the old content or the new one.
import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RaftError } from '@riverraft/core'

/** Durable when it resolves. */
export async function keepFile(path: string, content: object): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  await withFile(temporary, 'w', async (file) => {
    await file.writeFile(`${JSON.stringify(content, undefined, 2)}\n`)
    await file.sync()
  })
  await rename(temporary, path)
  // Windows has no directory handles to sync.
  if (process.platform !== 'win32') await withFile(dirname(path), 'r', (directory) => directory.sync())
}

/**
 * What `keepFile` kept; undefined when there is nothing.
 * @throws RaftError ERR_STORAGE_CORRUPT when it is not as `isSound` wants it
 */
export async function readKept<T>(
  path: string,
  isSound: (content: Partial<T>) => boolean,
): Promise<T | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content === 'object' && content !== null && isSound(content as Partial<T>)) return content as T
  } catch {
    // Said below.
  }
  throw new RaftError('ERR_STORAGE_CORRUPT', `${path} does not hold what this program wrote there`)
}

/** @throws RaftError ERR_STORAGE_IDENTITY: another cluster's directory, or a choice that was made differently */
export function checkAgainst<Settings extends object>(
  directory: string,
  kept: Settings,
  said: Partial<Settings>,
): void {
  for (const [name, value] of Object.entries(said)) {
    const before = kept[name as keyof Settings]
    if (value === undefined || before === undefined || value === before) continue
    throw new RaftError(
      'ERR_STORAGE_IDENTITY',
      `${directory} was begun with --${name} ${before}, not ${value}: leave --${name} out, or use another directory`,
    )
  }
}

async function withFile(
  path: string,
  flags: string,
  body: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags)
  try {
    await body(file)
  } finally {
    await file.close()
  }
}
