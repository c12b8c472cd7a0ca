// One opener at a time: in this process, in others, and after whatever ended the one before.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir, symlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { afterTest, identity, storageIn, temporaryDirectory } from './harness/helpers.js'

const posix = process.platform !== 'win32'

function holder(
  directory: string,
  env: Record<string, string> = {},
): { child: ChildProcess; word: Promise<unknown> } {
  const script = join(import.meta.dirname, 'fixtures', 'holder.mjs')
  const child = fork(script, [directory, JSON.stringify(identity)], {
    execArgv: [],
    env: { ...process.env, ...env },
  })
  afterTest(() => killed(child))
  return { child, word: once(child, 'message').then(([word]) => word) }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

const locked = { code: 'ERR_STORAGE_LOCKED' }

describe('the directory is taken', () => {
  test('by another storage of this process, until it is closed', async () => {
    const directory = await temporaryDirectory()
    const [first, second] = [storageIn(directory), storageIn(directory)]
    await first.open(identity)
    await expect(second.open(identity)).rejects.toMatchObject(locked)
    await first.close()
    expect(await second.open(identity)).toMatchObject({ formatted: false })
    await expect(first.open(identity)).rejects.toMatchObject(locked)
  })

  test('by another process, until that is killed', async () => {
    const directory = await temporaryDirectory()
    const { child, word } = holder(directory)
    expect(await word).toBe('held')
    const storage = storageIn(directory)
    await expect(storage.open(identity)).rejects.toMatchObject(locked)
    expect(await holder(directory).word).toBe('ERR_STORAGE_LOCKED')
    await killed(child)
    expect(await storage.open(identity)).toMatchObject({ formatted: false })
  })

  test.runIf(posix)('by a process that is frozen', async () => {
    const directory = await temporaryDirectory()
    const { child, word } = holder(directory)
    await word
    child.kill('SIGSTOP')
    await expect(storageIn(directory).open(identity)).rejects.toMatchObject(locked)
  })

  test('under another name of the same directory', async () => {
    const directory = await temporaryDirectory()
    await storageIn(directory).open(identity)
    const other = `${directory}-link`
    await symlink(directory, other)
    afterTest(() => unlink(other))
    await expect(storageIn(other).open(identity)).rejects.toMatchObject(locked)
  })

  test('at the end of a path that is longer than a socket name may be', async () => {
    const directory = `${await temporaryDirectory()}/${'long/'.repeat(40)}`
    await storageIn(directory).open(identity)
    await expect(storageIn(directory).open(identity)).rejects.toMatchObject(locked)
  })
})

test('of many that try at once, after one was killed, exactly one gets it', async () => {
  const directory = await temporaryDirectory()
  for (let round = 0; round < 5; round++) {
    const { child, word } = holder(directory)
    expect(await word).toBe('held')
    await killed(child)
    const storages = Array.from({ length: 20 }, () => storageIn(directory))
    const processes = Array.from({ length: round === 0 ? 4 : 0 }, () => holder(directory))
    const outcomes = await Promise.allSettled(storages.map((storage) => storage.open(identity)))
    const words = await Promise.all(processes.map((one) => one.word))
    const opened = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(opened + words.filter((one) => one === 'held').length).toBe(1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(locked)
    for (const storage of storages) await storage.close()
    for (const one of processes) await killed(one.child)
  }
})

test('many openings, one after another, leave one lock file', async () => {
  const directory = await temporaryDirectory()
  const storage = storageIn(directory)
  for (let times = 0; times < 20; times++) {
    await storage.open(identity)
    await storage.close()
  }
  expect((await readdir(directory)).filter((name) => name.startsWith('lock'))).toHaveLength(posix ? 1 : 0)
})

test('an open storage keeps no process alive', async () => {
  const { child, word } = holder(await temporaryDirectory(), { LEAVE: '1' })
  const exited = once(child, 'exit')
  expect(await word).toBe('held')
  expect(await exited).toEqual([0, null])
})
