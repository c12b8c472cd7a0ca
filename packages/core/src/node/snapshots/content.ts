// The content of a snapshot: what the node itself keeps, then the state machine's bytes. Stored, and sent as it is stored.
//
//   u8 version (1), then parts: u8 kind, u32 length, bytes
//   kind 1: a piece of the sessions, each a value (values.ts)   2: a piece of the state machine   0: the end, of no bytes
import { ByteReader, ByteWriter, decodeError } from '../../wire/bytes.js'
import { ValueDecoder } from '../../wire/value-decoder.js'
import { encodeValues } from '../../wire/value-encoder.js'

const VERSION = 1
const END = 0
const SESSIONS = 1
const MACHINE = 2
const PART_HEADER_BYTES = 5

export interface ContentParts {
  /** Plain data, one session each. */
  readonly sessions: Iterable<unknown>
  readonly machine: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

export async function* contentOf({
  sessions,
  machine,
}: ContentParts): AsyncGenerator<Uint8Array, void, undefined> {
  yield new Uint8Array([VERSION])
  for (const piece of encodeValues(sessions)) yield* part(SESSIONS, piece)
  for await (const piece of machine) yield* part(MACHINE, piece)
  yield* part(END, new Uint8Array(0))
}

function* part(kind: number, bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  yield new ByteWriter(PART_HEADER_BYTES).u8(kind).u32(bytes.length).bytes()
  if (bytes.length > 0) yield bytes
}

/**
 * Reads a content to its end. `restore` gets the state machine's bytes, when the sessions have been read.
 * @throws RaftError ERR_DECODE; what `content` and `restore` throw
 */
export async function readContent(
  content: AsyncIterable<Uint8Array>,
  restore: (sessions: readonly unknown[], machine: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const pieces = piecesOf(content)
  const sessions: unknown[] = []
  const decoder = new ValueDecoder((session) => sessions.push(session))
  let next = await pieces.next()
  for (; !next.done && next.value.kind === SESSIONS; next = await pieces.next())
    decoder.push(next.value.bytes)
  decoder.end()
  async function* machine(): AsyncGenerator<Uint8Array, void, undefined> {
    for (; !next.done; next = await pieces.next()) {
      if (next.value.kind !== MACHINE) throw decodeError('sessions behind the state machine')
      yield next.value.bytes
    }
  }
  const rest = machine()
  await restore(sessions, rest)
  // Whatever the machine has not read: whether the content is whole shows at its end only.
  while (!next.done) next = await pieces.next()
}

interface Piece {
  readonly kind: number
  readonly bytes: Uint8Array
}

/** The parts' bytes as they come: a part may be cut anywhere. */
async function* piecesOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<Piece, void, undefined> {
  let header = new Uint8Array(0)
  let versionRead = false
  let kind = END
  let left = 0
  let ended = false
  for await (const chunk of content) {
    let offset = 0
    while (offset < chunk.length) {
      if (ended) throw decodeError('bytes behind the end of a snapshot')
      if (left > 0) {
        const bytes = chunk.subarray(offset, offset + left)
        offset += bytes.length
        left -= bytes.length
        yield { kind, bytes }
      } else if (!versionRead) {
        if (chunk[offset] !== VERSION) throw decodeError(`a snapshot's content of version ${chunk[offset]}`)
        versionRead = true
        offset++
      } else {
        const wanted = PART_HEADER_BYTES - header.length
        header = Uint8Array.from([...header, ...chunk.subarray(offset, offset + wanted)])
        offset += Math.min(wanted, chunk.length - offset)
        if (header.length < PART_HEADER_BYTES) continue
        const reader = new ByteReader(header)
        kind = reader.u8()
        left = reader.u32()
        header = new Uint8Array(0)
        if (kind > MACHINE) throw decodeError(`a part of a snapshot of kind ${kind}`)
        ended = kind === END
      }
    }
  }
  if (!ended || left > 0) throw decodeError('a snapshot ends too early')
}
