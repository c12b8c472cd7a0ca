// The state machine under measurement: bytes in, next to no work, and a chain that only equal histories share.
import { randomFillSync } from 'node:crypto'
import { bytesCodec, defineStateMachine, type StateMachineFactory } from '@riverraft/core'
import type { Applied } from '../control/commands.js'

/** A command begins with who sent it and that caller's sequence number: no two are alike. */
export const IDENTITY_BYTES = 8

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Not JSON: the library is to be measured, not JSON.parse. */
export const machine: StateMachineFactory<Uint8Array, number, Mutable<Applied>> = defineStateMachine({
  initial: { count: 0, index: 0, chain: 0 } as Mutable<Applied>,
  codec: bytesCodec,
  apply(state, command: Uint8Array, { index, term }): number {
    let chain = mix(state.chain, index)
    chain = mix(chain, term)
    chain = mix(chain, command.length)
    // Whole payloads are compared in the logs, beside the measured path.
    for (let at = 0; at < IDENTITY_BYTES; at += 4) chain = mix(chain, word(command, at))
    state.chain = chain
    state.index = index
    return ++state.count
  },
})

/** One step of FNV-1a over 32-bit words. */
function mix(chain: number, value: number): number {
  return Math.imul(chain ^ value, 0x01000193) >>> 0
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** A command of `length` bytes that does not compress, to be stamped before each use. */
export function commandBytes(length: number, caller: number): Uint8Array {
  const bytes = randomFillSync(new Uint8Array(length))
  stamp(bytes, 0, caller)
  return bytes
}

export function stampSequence(command: Uint8Array, sequence: number): void {
  stamp(command, 4, sequence)
}

function stamp(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}
