// Not a test: durable batches per second through the storage, and in a bare loop of the same writes, in turns.
//   node packages/storage-file/test/measure.mjs [directory]
import {
  closeSync,
  constants,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
  writev,
} from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { EntryKind, encodeBlock } from '@riverraft/core'
import { fileStorage } from '@riverraft/storage-file'

const root = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'riverraft-measure-'))
const SEGMENT_BYTES = 64 * 1024 * 1024
const { O_RDWR, O_CREAT, O_DSYNC } = constants

function blocksOf(first, entriesPerBatch, count) {
  const entries = Array.from({ length: entriesPerBatch }, () => ({
    kind: EntryKind.Command,
    payload: Buffer.alloc(256, 7),
  }))
  return Array.from({ length: count }, (_, i) =>
    encodeBlock({ firstIndex: first + i * entriesPerBatch, term: 1, timestamp: 1 }, entries),
  )
}

function prepared(path) {
  const file = openSync(path, O_RDWR | O_CREAT)
  const zeros = Buffer.alloc(1024 * 1024)
  for (let at = 0; at < SEGMENT_BYTES; at += zeros.length) writeSync(file, zeros, 0, zeros.length, at)
  fdatasyncSync(file)
  closeSync(file)
  return openSync(path, O_RDWR | O_DSYNC)
}

let position = 0

/** The same bytes in the same number of buffers, at the same places; no CRC, no index, no new segment. */
function bare(file, blocks) {
  const header = Buffer.alloc(40)
  return new Promise((resolve, reject) => {
    let i = 0
    const next = () => {
      if (i === blocks.length) return resolve()
      const { bytes } = blocks[i++]
      if (position + 40 + bytes.length > SEGMENT_BYTES) position = 0
      writev(file, [header, bytes], position, (error, written) => {
        if (error) return reject(error)
        position += written
        next()
      })
    }
    next()
  })
}

function stored(storage, blocks) {
  return new Promise((resolve, reject) => {
    let i = 0
    const next = () => {
      if (i === blocks.length) return resolve()
      const block = blocks[i++]
      storage.write(
        { hardState: undefined, truncateFrom: undefined, blocks: [{ block, firstIndex: block.firstIndex }] },
        (error) => {
          if (error) reject(error)
          else next()
        },
      )
    }
    next()
  })
}

const mean = (values) => values.reduce((sum, value) => sum + value) / values.length
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

try {
  const file = prepared(join(root, 'bare'))
  const storage = fileStorage({ directory: join(root, 'storage') })
  await storage.open({ clusterId: 'measure', nodeId: 'a', members: [], incarnation: '0011223344556677' })
  // The first segment grows until a prepared one takes over: not what is measured.
  let next = 1
  const warm = blocksOf(next, 1, 2_000)
  next += 2_000
  await stored(storage, warm)
  await setTimeout(3_000)
  console.log(`node ${process.version}, ${process.platform}, load ${loadavg()[0]}`)
  for (const [entries, count] of [
    [1, 2_000],
    [64, 1_500],
    [1_000, 400],
  ]) {
    // In turns of ten batches, so that whatever else the machine does meets both alike.
    const spent = { bare: [], storage: [] }
    for (let turn = 0; turn < count / 10; turn++) {
      const blocks = blocksOf(next, entries, 10)
      next += entries * 10
      const runs = [
        ['bare', () => bare(file, blocks)],
        ['storage', () => stored(storage, blocks)],
      ]
      for (const [name, run] of turn % 2 ? runs.reverse() : runs) {
        const start = performance.now()
        await run()
        spent[name].push((performance.now() - start) / 10)
      }
    }
    const total = (name) => 1_000 / mean(spent[name])
    const typical = (name) => 1_000 / median(spent[name])
    console.log(
      `${entries} entries of 256 B: bare ${total('bare').toFixed(0)}/s, storage ${total('storage').toFixed(0)}/s,` +
        ` ratio ${(total('storage') / total('bare')).toFixed(2)};` +
        ` of medians ${typical('bare').toFixed(0)}/s and ${typical('storage').toFixed(0)}/s,` +
        ` ratio ${(typical('storage') / typical('bare')).toFixed(2)}`,
    )
  }
  console.log(storage.stats())
  await storage.close()
} finally {
  rmSync(root, { recursive: true })
}
