// The cluster's secret, and what is made of it: it proves that its owner has it, and never leaves the node.
import { RaftError } from '../../ports/errors.js'
import type { Scheduler } from '../../ports/scheduler.js'
import { ByteWriter, utf8 } from '../../wire/bytes.js'
import type { JoinAsk, JoinChallenge } from '../../wire/join.js'

/** Below it a secret could be found by trying: whoever listens may test guesses against one recorded proof. */
export const SECRET_BYTES_MIN = 16

/** A proof of one end is none of the other: what a node was sent cannot be sent back as its own. */
const LABELS = { joiner: 'River Raft join 1, joiner', member: 'River Raft join 1, member' } as const

/** What both ends have said before: fresh nonces of both, so that nothing of one dialogue is worth anything in another. */
export interface Dialogue {
  readonly ask: JoinAsk
  readonly challenge: JoinChallenge
}

/** @throws RaftError ERR_INVALID_OPTION */
export function secretBytes(secret: string | Uint8Array): Uint8Array {
  const bytes = typeof secret === 'string' ? utf8(secret) : secret
  if (bytes instanceof Uint8Array && bytes.length >= SECRET_BYTES_MIN) return bytes.slice()
  throw new RaftError('ERR_INVALID_OPTION', `joinSecret must be at least ${SECRET_BYTES_MIN} bytes`)
}

/** HMAC-SHA-256 (RFC 2104, FIPS 180-4). */
export type Hmac = (key: Uint8Array, message: Uint8Array) => Promise<Uint8Array>

export class Secret {
  readonly #bytes: Uint8Array
  readonly #hmac: Hmac

  constructor(secret: string | Uint8Array, scheduler: Scheduler) {
    this.#bytes = secretBytes(secret)
    this.#hmac = scheduler.hmacSha256 ?? hostHmac
  }

  /** `contents`: what this end says in this message, and what it answers. */
  mac(by: keyof typeof LABELS, dialogue: Dialogue, ...contents: readonly Uint8Array[]): Promise<Uint8Array> {
    return this.#hmac(this.#bytes, transcript(LABELS[by], dialogue, contents))
  }

  async isMac(
    mac: Uint8Array,
    by: keyof typeof LABELS,
    dialogue: Dialogue,
    ...contents: readonly Uint8Array[]
  ): Promise<boolean> {
    return areEqual(mac, await this.mac(by, dialogue, ...contents))
  }
}

/** Every part behind its length: no byte can be moved from one to the next. */
function transcript(label: string, dialogue: Dialogue, contents: readonly Uint8Array[]): Uint8Array {
  const { ask, challenge } = dialogue
  const versions = Uint8Array.of(ask.protocolMin, ask.protocolMax)
  const names = [label, ask.clusterId, ask.from, challenge.member].map(utf8)
  const writer = new ByteWriter()
  for (const part of [...names, versions, ask.nonce, challenge.nonce, ...contents])
    writer.u32(part.length).raw(part)
  return writer.bytes().slice()
}

/** In a time that does not tell where they differ. */
export function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < b.length; i++) difference |= (a[i] ?? 0) ^ b[i]!
  return difference === 0
}

/** WebCrypto, which node and browsers share. */
async function hostHmac(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await subtle.importKey('raw', key.slice(), algorithm, false, ['sign'])
  return new Uint8Array(await subtle.sign('HMAC', imported, message.slice()))
}
