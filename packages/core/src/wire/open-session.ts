// The payload of an OpenSession entry.
//
//   0  u53      ttl in ms: how long the session outlives its last command
//   8  16 bytes nonce: by it whoever asked finds the entry, wherever in the log it came to stand
import { ByteReader, ByteWriter, hex } from './bytes.js'

const NONCE_BYTES = 16

/** The longest ttl: a hundred years. No sum with a timestamp comes near 2^53. */
export const SESSION_TTL_MS_MAX: number = 100 * 365 * 86_400_000

export interface Opening {
  /** 1 to SESSION_TTL_MS_MAX. */
  readonly ttlMs: number
  /** 32 hexadecimal digits, freshly random. */
  readonly nonce: string
}

/** A nonce of 16 random bytes. */
export function nonceOf(randomBytes: (count: number) => Uint8Array): string {
  return hex(randomBytes(NONCE_BYTES))
}

export function encodeOpening({ ttlMs, nonce }: Opening): Uint8Array {
  const writer = new ByteWriter(8 + NONCE_BYTES).u53(ttlMs)
  for (let i = 0; i < NONCE_BYTES * 2; i += 2) writer.u8(Number.parseInt(nonce.slice(i, i + 2), 16))
  return writer.bytes()
}

/**
 * Unknown trailing bytes are ignored; a ttl beyond the limit is the limit.
 * @throws RaftError ERR_DECODE
 */
export function decodeOpening(payload: Uint8Array): Opening {
  const reader = new ByteReader(payload)
  const ttlMs = Math.min(Math.max(reader.u53(), 1), SESSION_TTL_MS_MAX)
  return { ttlMs, nonce: hex(reader.raw(NONCE_BYTES)) }
}
