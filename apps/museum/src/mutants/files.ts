// The file storage: what is acknowledged is on the disk, as a whole.
import { type Mutant, mutant } from '../mutant.js'

const APPENDER = 'storage-file/src/log-appender.ts'
const SCAN = 'storage-file/src/scan-segment.ts'

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
  mutant(
    'torn-tail-accepted',
    'A record is taken without its checksum: half of it is what the disk held before.',
    'storage-file/src/record-reader.ts',
    'if (!isWhole(header, this.#chunk, at)) return undefined',
    '',
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
