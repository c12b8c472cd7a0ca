// Snapshots: chunks in a hash of their own, seen by nobody until one script makes them the newest snapshot.
import { crc32 } from 'node:zlib'
import type { SnapshotMetadata, StoredSnapshot } from '@riverraft/core'
import { storageError } from './errors.js'
import { COMMIT_SNAPSHOT } from './scripts/commit-snapshot.js'
import { DROP_SNAPSHOT } from './scripts/drop-snapshot.js'
import { NEWEST_SNAPSHOT } from './scripts/newest-snapshot.js'
import { READ_CHUNK } from './scripts/read-chunk.js'
import { SAVE_CHUNK } from './scripts/save-chunk.js'
import type { Session } from './session.js'
import { chunksOf } from './snapshot-chunks.js'

/** Writes of the log wait for one chunk at most. */
const CHUNK_BYTES = 256 * 1024
const CHECKSUM_BYTES = 4
/** What a snapshot's hash holds besides its chunks: index, term, record. */
const OTHER_FIELDS = 3

interface SnapshotRecord {
  readonly metadata: SnapshotMetadata
  readonly chunks: number
}

/** What the scripts say of the newest snapshot: its id, its record, how many fields its hash has. */
export type SnapshotAnswer = [] | [id: Buffer, record: Buffer | null, fields: number]

/** @throws RaftError ERR_STORAGE; whatever `content` throws */
export async function saveSnapshot(
  session: Session,
  metadata: SnapshotMetadata,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const id = session.nextSnapshotId()
  let chunks = 0
  let checksum = 0
  try {
    for await (const chunk of chunksOf(content, CHUNK_BYTES)) {
      checksum = crc32(chunk, checksum)
      const head = Buffer.alloc(CHECKSUM_BYTES)
      head.writeUInt32LE(checksum)
      await session.change('save snapshot', SAVE_CHUNK, [id, chunks, Buffer.concat([head, chunk])])
      chunks++
    }
  } catch (error) {
    // After a failed write the next `open` removes it.
    if (session.failure === undefined) await session.change('save snapshot', DROP_SNAPSHOT, [id])
    throw error
  }
  const { index, term } = metadata
  const record: SnapshotRecord = { metadata, chunks }
  await session.change('save snapshot', COMMIT_SNAPSHOT, [id, index, term, sealed(JSON.stringify(record))])
}

/** @throws RaftError ERR_STORAGE_CORRUPT, ERR_STORAGE */
export async function openSnapshot(session: Session): Promise<StoredSnapshot | undefined> {
  const answer = (await session.query('open snapshot', NEWEST_SNAPSHOT, [])) as SnapshotAnswer
  if (answer.length === 0) return undefined
  const { metadata, chunks } = snapshotRecord(answer)
  return { metadata, content: contentOf(session, answer[0], chunks) }
}

/** @throws RaftError ERR_STORAGE_CORRUPT when it is not what was saved, or chunks are missing */
export function snapshotRecord(answer: SnapshotAnswer): SnapshotRecord {
  const text = answer[1]?.toString() ?? ''
  const json = text.slice(text.indexOf(' ') + 1)
  if (text !== sealed(json))
    throw storageError('ERR_STORAGE_CORRUPT', 'the metadata of the snapshot is damaged')
  const record = JSON.parse(json) as SnapshotRecord
  if (answer[2] !== record.chunks + OTHER_FIELDS) {
    throw storageError('ERR_STORAGE_CORRUPT', `parts of the snapshot of ${record.metadata.index} are missing`)
  }
  return record
}

/** The record with its own checksum before it. */
function sealed(json: string): string {
  return `${crc32(json).toString(16)} ${json}`
}

/** Each chunk carries the checksum of the content up to its end, so a wrong or repeated chunk shows as well. */
async function* contentOf(session: Session, id: Buffer, chunks: number): AsyncGenerator<Uint8Array> {
  let checksum = 0
  for (let number = 0; number < chunks; number++) {
    const answer = await session.query('read snapshot', READ_CHUNK, [id, number])
    const [kept, stored] = answer as [number, Buffer | null]
    if (kept === 0) throw storageError('ERR_STORAGE', 'two newer snapshots have replaced the one being read')
    const chunk = new Uint8Array(stored?.subarray(CHECKSUM_BYTES) ?? [])
    checksum = crc32(chunk, checksum)
    if (stored === null || stored.length < CHECKSUM_BYTES || stored.readUInt32LE() !== checksum) {
      throw storageError('ERR_STORAGE_CORRUPT', `chunk ${number} of the snapshot is damaged`)
    }
    yield chunk
  }
}
