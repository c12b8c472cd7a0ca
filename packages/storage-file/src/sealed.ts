// A sealed structure: every small structure on disk stands behind the same sixteen bytes.
//
//   0  u32  magic            8  u32  length, all of it
//   4  u16  version (1)     12  u32  CRC-32 of everything else
//   6  u16  reserved, 0     16  the fields
import { crc32 } from 'node:zlib'
import { RaftError } from '@riverraft/core'
import { FieldReader, type FieldWriter } from './bytes.js'

export const SEAL_BYTES = 16
/** Where the CRC stands. */
export const CRC_AT = 12
/** Beyond it a length is not believed. Members with long addresses fit many times. */
export const SEALED_BYTES_MAX: number = 1024 * 1024

const VERSION = 1

export interface Sealed {
  readonly bytes: Buffer
  readonly crc: number
}

export interface Unsealed {
  readonly fields: FieldReader
  readonly length: number
  readonly crc: number
}

/** @throws Error when it would not be believed when it is read */
export function seal(magic: number, fields: FieldWriter): Sealed {
  const bytes = Buffer.concat([Buffer.alloc(SEAL_BYTES), fields.bytes()])
  if (bytes.length > SEALED_BYTES_MAX) {
    throw new Error(
      `a header of ${bytes.length} bytes, at most ${SEALED_BYTES_MAX}: too many members, or too long`,
    )
  }
  bytes.writeUInt32LE(magic, 0)
  bytes.writeUInt16LE(VERSION, 4)
  bytes.writeUInt32LE(bytes.length, 8)
  const crc = checksum(bytes)
  bytes.writeUInt32LE(crc, 12)
  return { bytes, crc }
}

/** The length of the structure that begins here, if one does: what must be read to unseal it. */
export function sealedLength(magic: number, bytes: Buffer): number | undefined {
  if (bytes.length < SEAL_BYTES || bytes.readUInt32LE(0) !== magic) return undefined
  const length = bytes.readUInt32LE(8)
  return length < SEAL_BYTES || length > SEALED_BYTES_MAX ? undefined : length
}

/**
 * Undefined when it is not whole.
 * @throws RaftError ERR_STORAGE when it is whole and of a version that this build does not know
 */
export function unseal(magic: number, bytes: Buffer, path: string): Unsealed | undefined {
  const length = sealedLength(magic, bytes)
  if (length === undefined || length > bytes.length) return undefined
  const whole = bytes.subarray(0, length)
  const crc = whole.readUInt32LE(12)
  if (crc !== checksum(whole)) return undefined
  const version = whole.readUInt16LE(4)
  if (version !== VERSION) {
    throw new RaftError(
      'ERR_STORAGE',
      `${path}: format version ${version}; this build reads version ${VERSION}`,
    )
  }
  return { fields: new FieldReader(whole, SEAL_BYTES), length, crc }
}

function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(SEAL_BYTES), crc32(bytes.subarray(0, 12)))
}
