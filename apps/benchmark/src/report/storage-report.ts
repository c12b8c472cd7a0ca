// What is printed about the file storage alone, line by line as it is measured.
import type { AppendResult } from '../storage/append.js'
import type { Shape } from '../storage/batches.js'
import type { PacedResult } from '../storage/paced.js'
import type { ScanResult } from '../storage/scan.js'
import { count, lineOf } from './columns.js'

const COLUMNS = [
  { title: 'entries', width: 7 },
  { title: 'bytes', width: 7 },
  { title: 'batches/s', width: 10 },
  { title: 'MB/s', width: 8 },
  { title: 'bare batches/s', width: 15 },
  { title: 'bare MB/s', width: 10 },
  { title: 'of bare', width: 8 },
  { title: 'typical turn', width: 13 },
]

export class StorageReport {
  readonly #print: (line: string) => void

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  appendHead(): void {
    this.#print('Durable batches, one after another; the bare loop writes the same bytes in turns with it')
    this.#print(
      lineOf(
        COLUMNS,
        COLUMNS.map(({ title }) => title),
      ),
    )
  }

  append({ entries, payloadBytes, storage, bare, ratio, ratioOfMedians }: AppendResult): void {
    this.#print(
      lineOf(COLUMNS, [
        count(entries),
        count(payloadBytes),
        count(storage.batchesPerSecond),
        storage.megabytesPerSecond.toFixed(1),
        count(bare.batchesPerSecond),
        bare.megabytesPerSecond.toFixed(1),
        ratio.toFixed(2),
        ratioOfMedians.toFixed(2),
      ]),
    )
  }

  paced(
    { compacts, wantedPerSecond, batchesPerSecond, segments, segmentWaits }: PacedResult,
    shape: Shape,
  ): void {
    this.#print(
      `At 70 % load, ${compacts ? 'old segments recycled' : 'segments filled with zeros ahead'}: ` +
        `${count(batchesPerSecond)} of ${count(wantedPerSecond)} batches/s (${shape.entries} × ${shape.payloadBytes} B), ` +
        `${segments} segments, segmentWaits ${segmentWaits}`,
    )
  }

  scan(result: ScanResult): void {
    const { entries, logEntries, payloadBytes, fileBytes, bareReadMs, openMs, readMs, applyMs } = result
    const rate = (ms: number): string => `${count(fileBytes / 1e3 / ms)} MB/s`
    this.#print(
      `\nA log of ${mebibytes(fileBytes)}, ${count(logEntries)} entries of ${count(payloadBytes)} B, ${entries} to a block`,
    )
    this.#print(`  its files read, nothing done with them   ${rate(bareReadMs)}`)
    this.#print(
      `  opened: scanned and verified             ${rate(openMs)}, ${(openMs / 1e3).toFixed(2)} s; ` +
        `grew by ${mebibytes(result.openPeakBytes)} at most, kept ${mebibytes(result.indexBytes)}`,
    )
    this.#print(
      `  read back through the storage            ${rate(readMs)}; grew by ${mebibytes(result.readPeakBytes)} at most`,
    )
    this.#print(
      `  applied by a machine that counts         ${count(logEntries / applyMs)} thousand entries/s`,
    )
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
