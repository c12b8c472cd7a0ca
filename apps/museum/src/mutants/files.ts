// The file storage: what is acknowledged is on the disk, as a whole.
import { type Mutant, mutant } from '../mutant.js'

const APPENDER = 'storage-file/src/log-appender.ts'
const SCAN = 'storage-file/src/scan-segment.ts'
const READER = 'storage-file/src/record-reader.ts'
const BLOCK = 'core/src/wire/entry-block.ts'

export const FILE_MUTANTS: readonly Mutant[] = [
  mutant(
    'sync-skipped',
    'A batch is acknowledged when it is written, and lost with the power.',
    APPENDER,
    'if (error || this.#fileSystem.writesThrough) done(error)',
    'if (done !== undefined) done(error)',
  ),
  mutant(
    'failed-sync-ignored',
    'A sync that failed is taken for one that was not needed (fsyncgate).',
    APPENDER,
    'else this.#fileSystem.sync(active.file, done)',
    'else this.#fileSystem.sync(active.file, () => done())',
  ),
  mutant(
    'name-not-synced',
    'A new segment is synced, its name is not: the whole file vanishes with the power.',
    APPENDER,
    'await this.#fileSystem.syncDirectory(this.#directory)',
    'await Promise.resolve()',
  ),
  mutant(
    'half-a-batch-counts',
    'What is whole of a torn batch is recovered: a vote without its entries, or the other way round.',
    SCAN,
    'if (record.last) apply(open)',
    'apply(open)\n      open = emptyBatch()',
  ),
  {
    name: 'torn-tail-accepted',
    story: 'Recovery looks at no checksum: half of the last record is what the disk held before.',
    edits: [
      { file: READER, find: 'if (!isWhole(header, this.#chunk, at)) return undefined', replace: '' },
      {
        file: READER,
        find: "import { readUpTo } from './calls.js'",
        replace: "import { crc32 } from 'node:zlib'; import { readUpTo } from './calls.js'",
      },
      {
        file: READER,
        find: 'const block = decodeBlock(body)',
        replace:
          'const copy = Buffer.from(body); copy.writeUInt32LE(crc32(copy.subarray(12), crc32(copy.subarray(0, 8))), 8); const block = decodeBlock(copy)',
      },
    ],
  },
  mutant(
    'block-checksum-ignored',
    'A block is taken from wire and disk whatever its checksum: what rots is applied.',
    BLOCK,
    "if (view.getUint32(CRC_OFFSET, true) !== checksum(bytes)) throw decodeError('block checksum')",
    'checksum(bytes)',
  ),
  mutant(
    'page-cache-trusted',
    'What an opening has read is not synced: promises rest on it, and the power takes it.',
    'storage-file/src/open-directory.ts',
    'else await syncAll(fileSystem, directory, snapshots, state)',
    'else void syncAll',
  ),
  mutant(
    'truncation-written-last',
    'The truncation of a batch is carried out after its entries: recovery ends before them.',
    'storage-file/src/batch.ts',
    'return { steps, bytes }',
    'return { steps: [...steps.slice(1), ...steps.slice(0, 1)], bytes }',
  ),
]
