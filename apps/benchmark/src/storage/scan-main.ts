// The process that reads a log: started by riverraft-bench, tells what it took, and ends.
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type EntryBlock, EntryCursor } from '@riverraft/core'
import { fileStorage } from '@riverraft/storage-file'
import type { ScanFigures } from './scan.js'

const CHUNK_BYTES = 1024 * 1024
const MEMORY_EVERY_MS = 5

const directory = process.argv[2]
if (directory === undefined || process.send === undefined) {
  throw new Error('this program is started by riverraft-bench')
}
process.send(await scan(directory), () => process.disconnect())

async function scan(directory: string): Promise<ScanFigures> {
  const { fileBytes, ms: bareReadMs } = await readFiles(directory)
  const storage = fileStorage({ directory })
  const heap = heapBytes()
  const opening = await watched(() =>
    storage.open({ clusterId: 'benchmark', nodeId: 'a', members: [], incarnation: '' }),
  )
  const indexBytes = heapBytes() - heap
  const entries = opening.value.runs.at(-1)?.lastIndex ?? 0
  const reading = await watched(async () => {
    for (let from = 1; from <= entries; ) from = (await storage.read(from, CHUNK_BYTES)).at(-1)!.lastIndex + 1
  })
  let applyMs = 0
  let applied = 0
  for (let from = 1; from <= entries; ) {
    const blocks = await storage.read(from, CHUNK_BYTES)
    const start = performance.now()
    applied += apply(blocks)
    applyMs += performance.now() - start
    from = blocks.at(-1)!.lastIndex + 1
  }
  await storage.close()
  if (applied !== entries) throw new Error(`applied ${applied} of ${entries} entries`)
  return {
    fileBytes,
    logEntries: entries,
    bareReadMs,
    openMs: opening.ms,
    readMs: reading.ms,
    applyMs,
    openPeakBytes: opening.peakBytes,
    readPeakBytes: reading.peakBytes,
    indexBytes,
  }
}

/** As a node does it, with a machine that only counts. */
function apply(blocks: readonly EntryBlock[]): number {
  let applied = 0
  for (const block of blocks) {
    const cursor = new EntryCursor(block)
    while (cursor.next()) if (cursor.payload.length > 0) applied++
  }
  return applied
}

async function readFiles(directory: string): Promise<{ fileBytes: number; ms: number }> {
  const chunk = Buffer.alloc(CHUNK_BYTES)
  const start = performance.now()
  let fileBytes = 0
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.segment')) continue
    const file = await open(join(directory, name))
    for (let read = 1; read > 0; fileBytes += read) read = (await file.read(chunk, 0, CHUNK_BYTES)).bytesRead
    await file.close()
  }
  return { fileBytes, ms: performance.now() - start }
}

function heapBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** How long it took, and by how much the process was larger meanwhile than before. */
async function watched<Value>(
  run: () => Promise<Value>,
): Promise<{ value: Value; ms: number; peakBytes: number }> {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let peak = before
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const timer = setInterval(look, MEMORY_EVERY_MS)
  const start = performance.now()
  const value = await run()
  const ms = performance.now() - start
  clearInterval(timer)
  look()
  return { value, ms, peakBytes: peak - before }
}
