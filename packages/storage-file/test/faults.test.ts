// Disks that fail: nothing is tried again, nothing acknowledged is lost, and the next opening finds it.
import { spawnSync } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type Call, FaultyDisk, systemError, withoutSpares } from './harness/faulty-disk.js'
import {
  afterTest,
  batch,
  block,
  content,
  contentOf,
  everything,
  identity,
  metadata,
  quickDirectory,
  storageIn,
  stored,
  temporaryDirectory,
  vote,
  write,
  written,
} from './harness/helpers.js'

const isLog = ({ name }: Call): boolean => name.endsWith('.segment')

test('a system that takes a few bytes at a time is given the rest', async () => {
  const directory = await temporaryDirectory()
  const fileSystem = withoutSpares()
  let seed = 7
  fileSystem.takes = (call) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return isLog(call) ? 1 + (seed % 50) : undefined
  }
  const storage = storageIn(directory, { fileSystem })
  await storage.open(identity)
  await written(storage, vote(1, 'a'), batch([stored(block(1, 3)), stored(block(4, 3, 2))]), vote(2, 'b'))
  expect(fileSystem.trace.filter((line) => line.startsWith('write 0')).length).toBeGreaterThan(20)
  await storage.close()
  const again = storageIn(directory)
  expect(await again.open(identity)).toMatchObject({ hardState: { currentTerm: 2, votedFor: 'b' } })
  expect(await everything(again)).toEqual(['1@1', '2@1', '3@1', '4@2', '5@2', '6@2'])
})

describe.each([true, false])('a failure, O_DSYNC %s', (writesThrough) => {
  const failing = writesThrough ? ['write'] : ['write', 'sync']
  test.each(failing)(
    'of %s poisons: every later call fails with the cause, and the disk is left alone',
    async (kind) => {
      const directory = await temporaryDirectory()
      const fileSystem = new FaultyDisk({ writesThrough })
      const storage = storageIn(directory, { fileSystem })
      await storage.open(identity)
      await written(storage, batch([stored(block(1, 2))]))
      await fileSystem.prepared()
      const eio = systemError('EIO')
      fileSystem.judge = (call) => (call.kind === kind && isLog(call) ? eio : undefined)
      expect(await write(storage, batch([stored(block(3, 2))]))).toMatchObject({
        code: 'ERR_STORAGE',
        cause: eio,
      })
      fileSystem.judge = () => undefined
      const calls = fileSystem.trace.filter((line) => !line.includes('spare')).length
      expect(await write(storage, vote(5))).toMatchObject({ code: 'ERR_STORAGE', cause: eio })
      for (const call of [
        storage.read(1, 1),
        storage.openSnapshot(),
        storage.compact(1),
        storage.saveSnapshot(metadata(1), content('x')),
      ]) {
        await expect(call).rejects.toMatchObject({ code: 'ERR_STORAGE', cause: eio })
      }
      expect(fileSystem.trace.filter((line) => !line.includes('spare')).length).toBe(calls)
      await storage.close()
      await expect(storage.open(identity)).rejects.toMatchObject({ code: 'ERR_STORAGE', cause: eio })

      const again = storageIn(directory)
      await again.open(identity)
      // What failed may be there or not; what was acknowledged is.
      expect((await everything(again)).slice(0, 2)).toEqual(['1@1', '2@1'])
    },
  )
})

test('a full disk says what to do, and after that has been done everything goes on', async () => {
  const directory = await temporaryDirectory()
  const fileSystem = withoutSpares()
  const storage = storageIn(directory, { fileSystem })
  await storage.open(identity)
  await written(storage, batch([stored(block(1, 2))]))
  // Half of the record still fits.
  fileSystem.takes = (call) => (isLog(call) && call.bytes! > 100 ? 100 : undefined)
  fileSystem.judge = (call) => (isLog(call) && call.bytes! < 100 ? systemError('ENOSPC') : undefined)
  const error = await write(storage, batch([stored(block(3, 2))]))
  expect(error).toMatchObject({
    code: 'ERR_STORAGE',
    message: expect.stringMatching(/The disk is full: free space and start again/),
    cause: { code: 'ENOSPC' },
  })
  await storage.close()
  const again = storageIn(directory)
  await again.open(identity)
  await written(again, batch([stored(block(3, 1, 2))]))
  expect(await everything(again)).toEqual(['1@1', '2@1', '3@2'])
})

describe('stopped at any call', () => {
  interface Story {
    /** What was acknowledged. */
    log: string[]
    term: number
    snapshot: number
    /** What the log becomes when the batch that was under way came through. */
    next: string[]
  }

  /** Votes, appends, truncates, rolls over, saves snapshots and compacts. */
  async function story(directory: string, fileSystem: FaultyDisk): Promise<Story> {
    const told: Story = { log: [], term: 0, snapshot: 0, next: [] }
    const storage = storageIn(directory, { fileSystem, segmentBytes: 4096 })
    try {
      await storage.open(identity)
      for (let round = 1; round <= 6; round++) {
        await written(storage, vote(round, 'a'))
        told.term = round
        const end = told.log.length + 1
        const from = round === 3 ? end - 2 : end
        const added = [0, 1, 2, 3].map((i) => `${from + i}@${round}`)
        told.next = [...told.log.slice(0, from - 1), ...added]
        await written(storage, batch([stored(block(from, 4, round, 400))], from < end ? from : undefined))
        told.log = told.next
        if (round % 2 === 1) continue
        const index = told.log.length - 2
        await storage.saveSnapshot(metadata(index, round), content('state at ', String(index)))
        told.snapshot = index
        await storage.compact(index)
      }
    } catch {
      // What was told before counts.
    }
    await storage.close().catch(() => {})
    return told
  }

  async function verify(directory: string, told: Story): Promise<void> {
    const storage = storageIn(directory, { segmentBytes: 4096 })
    const state = await storage.open(identity)
    expect([told.term, told.term + 1]).toContain(state.hardState.currentTerm)
    const { index = 0 } = state.snapshot ?? {}
    expect(index).toBeGreaterThanOrEqual(told.snapshot)
    if (index > 0) expect(await contentOf(storage)).toBe(`state at ${index}`)
    const first = state.runs[0]?.firstIndex ?? 1
    expect(first).toBeLessThanOrEqual(index + 1)
    const log = await everything(storage, first)
    expect([told.log.slice(first - 1), told.next.slice(first - 1)]).toContainEqual(log)
    await written(storage, vote(100))
    await storage.close()
  }

  const steps = async (writesThrough: boolean): Promise<number> => {
    const counting = new FaultyDisk({ writesThrough })
    let calls = 0
    counting.judge = () => {
      calls++
      return undefined
    }
    expect(await story(await quickDirectory(), counting)).toMatchObject({ term: 6, snapshot: 20 })
    return calls
  }

  test.each([
    ['the process dies', true],
    ['the process dies', false],
    ['one call fails', true],
    ['one call fails', false],
  ])(
    '%s (O_DSYNC %s): what was acknowledged is there',
    async (how, writesThrough) => {
      const count = await steps(writesThrough)
      expect(count).toBeGreaterThan(60)
      let stopped = 0
      for (let at = 1; at <= count; at++) {
        const directory = await quickDirectory()
        const fileSystem = new FaultyDisk({ writesThrough })
        let calls = 0
        fileSystem.judge = ({ kind }) => {
          calls++
          // A dead process closes its files.
          const hit = how === 'one call fails' ? calls === at : calls >= at
          if (hit) stopped++
          return hit && kind !== 'close' ? systemError('EIO') : undefined
        }
        const acknowledged = await story(directory, fileSystem)
        await verify(directory, acknowledged).catch((cause) => {
          throw new Error(
            `stopped at call ${at} of ${count}: ${cause.message}\n${fileSystem.trace.slice(-6).join('\n')}`,
            { cause },
          )
        })
      }
      expect(stopped).toBeGreaterThan(0)
    },
    60_000,
  )
})

test('a directory that may not be written is refused with the reason', async () => {
  const directory = await temporaryDirectory()
  const storage = storageIn(directory)
  await storage.open(identity)
  await storage.close()
  await chmod(directory, 0o500)
  afterTest(() => chmod(directory, 0o700))
  // Permissions do not stop a superuser: such a run asks as nobody.
  const script = `
    import { fileStorage } from '${new URL('../dist/index.js', import.meta.url).href}'
    process.argv[2] && process.setuid(65534)
    fileStorage({ directory: process.argv[1] }).open(${JSON.stringify(identity)}).then(
      () => console.log('opened'),
      (error) => console.log(error.code, error.message),
    )`
  const root = process.getuid?.() === 0
  if (root) await chmod(directory, 0o555)
  const args = ['--input-type=module', '-e', script, directory, ...(root ? ['nobody'] : [])]
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stdout).toMatch(/^ERR_STORAGE .*cannot be opened.*This process may not write there/)
})

test('a file whose closing fails is not closed again: its number may be another file by then', async () => {
  const fileSystem = withoutSpares()
  const storage = storageIn(await quickDirectory(), { fileSystem, segmentBytes: 4096 })
  await storage.open(identity)
  // Two to a segment: reading goes from one file to the next.
  for (let index = 1; index <= 4; index++) {
    await written(storage, batch([stored(block(index, 1, 1, 1_800))]))
  }
  const eio = systemError('EIO')
  const closed: number[] = []
  const close = fileSystem.close.bind(fileSystem)
  fileSystem.close = async (file) => {
    closed.push(file)
    await close(file)
    throw eio
  }
  await expect(storage.read(1, 100_000)).rejects.toMatchObject({ code: 'ERR_STORAGE', cause: eio })
  expect(closed).toHaveLength(1)
  fileSystem.close = close
})
