// A storage's directory as a test looks at it: its files' bytes, and damage to them.
import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { quickDirectory } from './helpers.js'

/** Name and content of every file but the locks, which are not data. */
export async function contentsOf(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of (await readdir(directory)).sort()) {
    if (!name.startsWith('lock-')) found[name] = (await readFile(`${directory}/${name}`)).toString('base64')
  }
  return found
}

/** A copy to damage. */
export async function copyOf(directory: string): Promise<string> {
  const copy = await quickDirectory()
  for (const name of await readdir(directory)) {
    const path = `${directory}/${name}`
    if ((await stat(path)).isFile()) await cp(path, `${copy}/${name}`)
  }
  return copy
}

/** Changes a file's bytes in place. */
export async function edit(path: string, change: (bytes: Buffer) => Buffer | undefined): Promise<void> {
  const bytes = await readFile(path)
  await writeFile(path, change(bytes) ?? bytes)
}

/** Changes one bit of a byte. */
export function flip(path: string, at: number, bit = 0): Promise<void> {
  return edit(path, (bytes) => {
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at)
    return bytes
  })
}

export function segment(directory: string, sequence: number): string {
  return `${directory}/${String(sequence).padStart(16, '0')}.segment`
}

/** Where the zeros begin that nothing was written over. */
export function usedBytes(bytes: Buffer): number {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return end
}
