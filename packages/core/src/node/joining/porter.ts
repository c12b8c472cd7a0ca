// Whoever knocks at this node: who has the cluster's secret is heard, who has not learns nothing.
import type { NodeId } from '../../consensus/types.js'
import type { Scheduler } from '../../ports/scheduler.js'
import type { Knock } from '../../ports/transport.js'
import { PROTOCOL_MAX, PROTOCOL_MIN } from '../../wire/hello.js'
import { encodeJoin, type JoinAsk, type JoinRefusal, NONCE_BYTES } from '../../wire/join.js'
import {
  decodeJoinRequest,
  encodeJoinReply,
  type JoinReply,
  type JoinRequest,
} from '../../wire/join-content.js'
import type { RuntimeEvent } from '../types.js'
import { Attempts } from './attempts.js'
import { next, STEP_MS_MAX } from './dialogue.js'
import type { Secret } from './secret.js'

export interface PorterHost {
  readonly id: NodeId
  readonly clusterId: string
  /** Undefined: nobody is let in here. */
  readonly secret: Secret | undefined
  readonly scheduler: Scheduler
  /** Dialogues that have proved nothing yet. Beyond it the oldest one is ended. */
  readonly dialoguesMax: number
  readonly failuresPerMinuteMax: number
  emit(event: RuntimeEvent): void
  /** Of somebody who has the secret. Never rejects. */
  answer(from: NodeId, request: JoinRequest): Promise<JoinReply>
}

export class Porter {
  readonly #host: PorterHost
  readonly #attempts: Attempts
  /** In order of arrival: those that have proved nothing, and those that wait for their answer. */
  readonly #unproved = new Set<Knock>()
  readonly #waiting = new Set<Knock>()

  constructor(host: PorterHost) {
    this.#host = host
    this.#attempts = new Attempts(host.failuresPerMinuteMax, host.scheduler.now())
  }

  /** How many dialogues are under way. */
  get size(): number {
    return this.#unproved.size + this.#waiting.size
  }

  knocked(knock: Knock): void {
    this.#unproved.add(knock)
    void this.#talk(knock)
    // The oldest has had the most time. Turning away the newest would let silent ones keep everybody else out.
    for (const oldest of this.#unproved) {
      if (this.#unproved.size <= this.#host.dialoguesMax) break
      this.#end(oldest)
    }
  }

  #end(knock: Knock): void {
    this.#unproved.delete(knock)
    this.#waiting.delete(knock)
    knock.close()
  }

  /** Bytes that do not decode, or an end that goes away, end it without a word. */
  async #talk(knock: Knock): Promise<void> {
    try {
      const ask = await next(this.#host.scheduler, knock, STEP_MS_MAX)
      if (ask?.type !== 'ask') return
      this.#host.emit({ type: 'JoinAsked', peer: ask.from, origin: knock.origin })
      const refusal = this.#judge(knock, ask) ?? (await this.#challenge(knock, ask))
      if (refusal === undefined) return
      knock.send(encodeJoin({ type: 'refusal', refusal }))
      this.#host.emit({ type: 'JoinRefused', peer: ask.from, by: this.#host.id, refusal })
    } catch {
      // What it said means nothing.
    } finally {
      this.#end(knock)
    }
  }

  /** What can be said without anything being computed. */
  #judge(knock: Knock, ask: JoinAsk): JoinRefusal | undefined {
    const { clusterId, secret, scheduler, dialoguesMax } = this.#host
    if (ask.protocolMin > PROTOCOL_MAX || ask.protocolMax < PROTOCOL_MIN) return 'wrong-version'
    if (ask.clusterId !== clusterId) return 'wrong-cluster'
    if (knock.peer !== undefined && knock.peer !== ask.from) return 'wrong-sender'
    if (secret === undefined) return 'no-secret'
    if (!this.#attempts.mayTry(knock.origin, scheduler.now())) return 'too-many-attempts'
    return this.#waiting.size >= dialoguesMax ? 'busy' : undefined
  }

  async #challenge(knock: Knock, ask: JoinAsk): Promise<JoinRefusal | undefined> {
    const { id, scheduler } = this.#host
    const secret = this.#host.secret!
    const challenge = { member: id, nonce: scheduler.randomBytes(NONCE_BYTES) }
    knock.send(encodeJoin({ type: 'challenge', ...challenge }))
    // A malformed proof is one that is wrong: which of the two it was is nobody's business.
    const proof = await next(scheduler, knock, STEP_MS_MAX).catch(() => 'malformed' as const)
    if (proof === undefined) return undefined
    // Many may have begun while they were still allowed to.
    if (!this.#attempts.mayTry(knock.origin, scheduler.now())) return 'too-many-attempts'
    this.#attempts.begin(knock.origin, scheduler.now())
    const dialogue = { ask, challenge }
    const isProof =
      proof !== 'malformed' &&
      proof.type === 'proof' &&
      (await secret.isMac(proof.mac, 'joiner', dialogue, proof.content))
    if (!isProof) return 'wrong-secret'
    this.#attempts.proved(knock.origin)
    // It took too long, or too many came.
    if (!this.#unproved.delete(knock)) return undefined
    this.#waiting.add(knock)
    const reply = await this.#host.answer(ask.from, decodeJoinRequest(proof.content))
    const content = encodeJoinReply(reply)
    const mac = await secret.mac('member', dialogue, proof.content, content)
    knock.send(encodeJoin({ type: 'answer', mac, content }))
    if (reply.type === 'refused')
      this.#host.emit({ type: 'JoinRefused', peer: ask.from, by: id, refusal: reply.refusal })
    return undefined
  }
}
