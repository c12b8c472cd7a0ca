// One join dialogue, as the joiner leads it: ask, challenge, proof, answer.
import type { NodeId } from '../../consensus/types.js'
import type { Scheduler } from '../../ports/scheduler.js'
import type { Knock } from '../../ports/transport.js'
import { PROTOCOL_MAX, PROTOCOL_MIN } from '../../wire/hello.js'
import { decodeJoin, encodeJoin, type JoinMessage, type JoinRefusal, NONCE_BYTES } from '../../wire/join.js'
import {
  decodeJoinReply,
  encodeJoinRequest,
  type JoinReply,
  type JoinRequest,
} from '../../wire/join-content.js'
import type { Secret } from './secret.js'

/** Who asks, and with what. */
export interface Joiner {
  readonly id: NodeId
  readonly clusterId: string
  readonly secret: Secret
  readonly scheduler: Scheduler
}

/** What came of it. `nothing`: no answer that counts. */
export type Outcome =
  | { readonly type: 'reply'; readonly member: NodeId; readonly reply: JoinReply }
  | { readonly type: 'refusal'; readonly member: NodeId | undefined; readonly refusal: JoinRefusal }
  | { readonly type: 'nothing'; readonly why: string }

/** How long the other end may take for a challenge, which costs it nothing. */
export const STEP_MS_MAX = 3_000

/** Never rejects. `answerMs`: how long the answer may take, which may wait for a commit. */
export async function talk(
  { id, clusterId, secret, scheduler }: Joiner,
  knock: Knock,
  request: JoinRequest,
  answerMs: number,
): Promise<Outcome> {
  try {
    const ask = {
      protocolMin: PROTOCOL_MIN,
      protocolMax: PROTOCOL_MAX,
      clusterId,
      from: id,
      nonce: scheduler.randomBytes(NONCE_BYTES),
    }
    knock.send(encodeJoin({ type: 'ask', ...ask }))
    const challenge = await next(scheduler, knock, STEP_MS_MAX)
    if (challenge?.type === 'refusal') return refused(knock, undefined, challenge.refusal)
    if (challenge?.type !== 'challenge') return nothing('no challenge')
    const { member } = challenge
    if (member === id) return nothing('it is this node itself')
    if (knock.peer !== undefined && knock.peer !== member)
      return nothing(`${knock.peer} says it is ${member}`)
    const dialogue = { ask, challenge }
    const content = encodeJoinRequest(request)
    knock.send(encodeJoin({ type: 'proof', mac: await secret.mac('joiner', dialogue, content), content }))
    const answer = await next(scheduler, knock, answerMs)
    if (answer?.type === 'refusal') return refused(knock, member, answer.refusal)
    if (answer?.type !== 'answer') return nothing('no answer')
    // Whoever cannot prove it has the secret is nobody to learn the members from.
    if (!(await secret.isMac(answer.mac, 'member', dialogue, content, answer.content)))
      return nothing('who answers does not have the secret')
    return { type: 'reply', member, reply: decodeJoinReply(answer.content) }
  } catch (error) {
    return nothing((error as Error).message)
  } finally {
    knock.close()
  }
}

/** Undefined: the exchange is over, or it took too long and is over by that. */
export async function next(scheduler: Scheduler, knock: Knock, ms: number): Promise<JoinMessage | undefined> {
  const wake = scheduler.wakeAt(scheduler.now() + ms, () => knock.close())
  try {
    const message = await knock.receive()
    return message === undefined ? undefined : decodeJoin(message)
  } finally {
    wake.cancel()
  }
}

function nothing(why: string): Outcome {
  return { type: 'nothing', why }
}

function refused(knock: Knock, member: NodeId | undefined, refusal: JoinRefusal): Outcome {
  return { type: 'refusal', member: member ?? knock.peer, refusal }
}
