// "Completed" means durable: the flag is set, or the sync has ended, before anybody is told.
import { readdir, readFile, readlink } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { segment, usedBytes } from './harness/directory.js'
import { FaultyDisk, systemError } from './harness/faulty-disk.js'
import {
  batch,
  block,
  content,
  identity,
  metadata,
  storageIn,
  stored,
  temporaryDirectory,
  vote,
  write,
  written,
} from './harness/helpers.js'

const O_DSYNC = 0o10000

test.runIf(process.platform === 'linux')('the log is open with O_DSYNC, prepared or not', async () => {
  const directory = await temporaryDirectory()
  const fileSystem = new FaultyDisk()
  const storage = storageIn(directory, { fileSystem })
  await storage.open(identity)
  for (const sequence of [1, 2]) {
    await written(storage, vote(sequence))
    await fileSystem.prepared(sequence)
    expect((await flagsOf(segment(directory, sequence))) & O_DSYNC).toBe(O_DSYNC)
  }
})

/** The open flags of this process' descriptor for a path. */
async function flagsOf(path: string): Promise<number> {
  for (const fd of await readdir('/proc/self/fd')) {
    if ((await readlink(`/proc/self/fd/${fd}`).catch(() => '')) !== path) continue
    const info = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8')
    return Number.parseInt(/flags:\s*(\d+)/.exec(info)![1]!, 8)
  }
  throw new Error(`${path} is not open`)
}

describe('without O_DSYNC', () => {
  test('a write is completed when the sync behind it has ended, and not before', async () => {
    const fileSystem = new FaultyDisk({ writesThrough: false })
    const storage = storageIn(await temporaryDirectory(), { fileSystem })
    await storage.open(identity)
    await written(storage, vote(1))
    await fileSystem.prepared()
    await written(storage, vote(2))
    let release!: () => void
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const name = '0000000000000002.segment'
    fileSystem.gate = (call) => (call.kind === 'sync' && call.name === name ? held : undefined)
    const syncs = fileSystem.trace.filter((line) => line === `sync ${name}`).length
    let completed = false
    const writing = write(storage, batch([stored(block(1, 1))])).then((error) => {
      completed = true
      return error
    })
    await fileSystem.until(`sync ${name}`, syncs + 1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(completed).toBe(false)
    // Nor is it read: it may yet be lost.
    expect(await storage.read(1, 1)).toEqual([])
    release()
    expect(await writing).toBeUndefined()
    expect(await storage.read(1, 1)).toHaveLength(1)
  })
})

test('on the path without O_DSYNC, every completed write stands behind a datasync that began when it had ended', async () => {
  const directory = await temporaryDirectory()
  const fileSystem = new FaultyDisk({ writesThrough: false })
  const storage = storageIn(directory, { fileSystem, segmentBytes: 4096 })
  await storage.open(identity)
  for (let index = 1; index <= 40; index++) {
    const from = fileSystem.trace.length
    await written(storage, batch([stored(block(index, 1, 1, 600))]))
    const calls = fileSystem.trace.slice(from).filter((line) => /^(write|sync) \d+\.segment/.test(line))
    const name = calls.at(-1)!.split(' ')[1]
    expect(calls).toEqual([`write ${name}`, `write ${name} done`, `sync ${name}`, `sync ${name} done`])
  }
  // More than one segment, and the flag that would have made the syncs needless is not set.
  const live = (await readdir(directory)).filter((name) => name.endsWith('.segment'))
  expect(live.length).toBeGreaterThan(5)
  if (process.platform !== 'linux') return
  expect((await flagsOf(segment(directory, live.length))) & O_DSYNC).toBe(0)
})

test('what opening has read is synced before it is answered', async () => {
  const directory = await temporaryDirectory()
  const before = storageIn(directory)
  await before.open(identity)
  await written(before, vote(1), batch([stored(block(1, 2))]))
  await before.saveSnapshot(metadata(1), content('state'))
  await before.close()

  const fileSystem = new FaultyDisk()
  await storageIn(directory, { fileSystem }).open(identity)
  expect(fileSystem.trace).toEqual(
    expect.arrayContaining(
      ['format', '0000000000000001.segment', '1-1.snap'].map((name) => `sync ${name} done`),
    ),
  )
  expect(fileSystem.trace.lastIndexOf('syncDirectory . done')).toBeGreaterThan(
    fileSystem.trace.indexOf('sync 0000000000000001.segment done'),
  )
})

test('a batch whose sync failed is written once more by the next opening: its clean pages prove nothing', async () => {
  const directory = await temporaryDirectory()
  const failing = new FaultyDisk({ writesThrough: false })
  const before = storageIn(directory, { fileSystem: failing })
  await before.open(identity)
  await written(before, batch([stored(block(1, 2))]))
  await failing.prepared()
  await written(before, vote(1, 'b'))
  const end = usedBytes(await readFile(segment(directory, 2)))
  failing.judge = ({ kind, name }) =>
    kind === 'sync' && name.endsWith('.segment') ? systemError('EIO') : undefined
  expect(await write(before, batch([stored(block(3, 2))]))).toMatchObject({ code: 'ERR_STORAGE' })
  await before.close()

  const bytes = await readFile(segment(directory, 2))
  const fileSystem = new FaultyDisk()
  const positions: number[] = []
  const writing = fileSystem.write.bind(fileSystem)
  fileSystem.write = (file, buffers, position, done) => {
    positions.push(position, position + buffers.reduce((sum, { length }) => sum + length, 0))
    writing(file, buffers, position, done)
  }
  const storage = storageIn(directory, { fileSystem })
  expect((await storage.open(identity)).runs).toEqual([{ firstIndex: 1, lastIndex: 4, term: 1 }])
  // And then what is erased of a spare segment.
  expect(positions.slice(0, 2)).toEqual([end, usedBytes(bytes)])
  expect(await readFile(segment(directory, 2))).toEqual(bytes.subarray(0, usedBytes(bytes)))
  const again = fileSystem.trace.indexOf('write 0000000000000002.segment done')
  // Through the same descriptor: an error of the write-back between is told to that one for certain.
  expect(fileSystem.trace.slice(again + 1, again + 6)).toEqual([
    'truncate 0000000000000002.segment',
    'truncate 0000000000000002.segment done',
    'sync 0000000000000002.segment',
    'sync 0000000000000002.segment done',
    'close 0000000000000002.segment',
  ])
})

test('formatting is durable before it is answered, and whole or not there', async () => {
  const fileSystem = new FaultyDisk()
  await storageIn(await temporaryDirectory(), { fileSystem }).open(identity)
  const steps = ['sync format.tmp done', 'rename format', 'syncDirectory . done'].map((line) =>
    fileSystem.trace.indexOf(line),
  )
  expect(steps.toSorted((a, b) => a - b)).toEqual(steps)
  expect(steps[0]).toBeGreaterThan(0)
})

test('a snapshot is durable before its name is, and its name before anybody is told', async () => {
  const fileSystem = new FaultyDisk()
  const storage = storageIn(await temporaryDirectory(), { fileSystem })
  await storage.open(identity)
  await written(storage, batch([stored(block(1, 2))]))
  await storage.saveSnapshot(metadata(2), content('state'))
  const steps = ['sync 2-1.snap.tmp done', 'rename 2-1.snap'].map((line) => fileSystem.trace.indexOf(line))
  steps.push(fileSystem.trace.lastIndexOf('syncDirectory . done'))
  expect(steps.toSorted((a, b) => a - b)).toEqual(steps)
  expect(steps[0]).toBeGreaterThan(0)
})

test('a block is written from the memory it came in', async () => {
  const fileSystem = new FaultyDisk()
  const storage = storageIn(await temporaryDirectory(), { fileSystem })
  await storage.open(identity)
  const seen: Uint8Array[] = []
  const write = fileSystem.write.bind(fileSystem)
  fileSystem.write = (file, buffers, position, done) => {
    seen.push(...buffers)
    write(file, buffers, position, done)
  }
  const blocks = [block(1, 3), block(4, 3)]
  await written(storage, batch(blocks.map((one) => stored(one))))
  for (const { bytes } of blocks) expect(seen).toContain(bytes)
})
