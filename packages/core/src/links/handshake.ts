// The exchange of hellos: whoever dialled speaks first; the other end answers with its own hello or a refusal.
import type { NodeId } from '../consensus/types.js'
import type { TransportHost } from '../ports/transport.js'
import { decodeError } from '../wire/bytes.js'
import { decodeHello, encodeHello, encodeHelloRefusal, type HelloRefusal } from '../wire/hello.js'
import { withLength } from './frame-reader.js'

/** What the accepting end makes of the first frame. */
export type Greeting = { readonly from: NodeId; readonly refusal: HelloRefusal | undefined }

/** What the dialling end makes of the answer. `by` says who does not want whom. */
export type Answer =
  | { readonly welcome: true }
  | { readonly welcome: false; readonly by: 'peer' | 'us'; readonly refusal: HelloRefusal }

/**
 * Judges the first frame of an inbound connection.
 * @throws RaftError ERR_DECODE
 */
export function judgeGreeting(
  bytes: Uint8Array,
  authenticated: NodeId | undefined,
  host: TransportHost,
  isPeer: (id: NodeId) => boolean,
): Greeting {
  const greeting = decodeHello(bytes)
  if (!('hello' in greeting)) throw decodeError('a refusal where a hello belongs')
  const { from } = greeting.hello
  // Identity first: nothing else a peer says counts while it speaks in another's name.
  if (authenticated !== undefined && from !== authenticated) return { from, refusal: 'wrong-sender' }
  // The node's reason before ours: "wrong cluster" explains more than "not a member".
  const refusal = host.admit(greeting.hello) ?? (isPeer(from) ? undefined : 'unknown-member')
  return { from, refusal }
}

/**
 * Judges the answer to our hello.
 * @throws RaftError ERR_DECODE
 */
export function judgeAnswer(bytes: Uint8Array, peer: NodeId, host: TransportHost): Answer {
  const answer = decodeHello(bytes)
  if ('refusal' in answer) return { welcome: false, by: 'peer', refusal: answer.refusal }
  const refusal = answer.hello.from === peer ? host.admit(answer.hello) : 'wrong-sender'
  return refusal === undefined ? { welcome: true } : { welcome: false, by: 'us', refusal }
}

export function helloFrame(host: TransportHost, peer: NodeId): Uint8Array[] {
  const bytes = encodeHello(host.hello(peer))
  return withLength([bytes], bytes.length)
}

export function refusalFrame(refusal: HelloRefusal): Uint8Array[] {
  const bytes = encodeHelloRefusal(refusal)
  return withLength([bytes], bytes.length)
}
