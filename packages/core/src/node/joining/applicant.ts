// The joiner's side of asking: whom it asks, in which order, how often, and when it gives up.
import type { NodeId } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import type { Transport } from '../../ports/transport.js'
import type { JoinRefusal } from '../../wire/join.js'
import type { JoinReply, JoinRequest } from '../../wire/join-content.js'
import { type Joiner, type Outcome, STEP_MS_MAX, talk } from './dialogue.js'
import { ENTER_MS_MAX } from './entrance.js'

/** From member to member to the leader: more is a cluster that does not know who leads. */
const REDIRECTS_MAX = 4
const PAUSE_MS_MIN = 50
const PAUSE_MS_MAX = 1_000
/** An answer may wait for a commit, and for the way there and back. */
const ANSWER_MS_MAX = ENTER_MS_MAX + STEP_MS_MAX

const WORDS: Readonly<Record<JoinRefusal, string>> = {
  'wrong-version': 'it speaks another version of the protocol',
  'wrong-cluster': 'it belongs to another cluster',
  'wrong-sender': 'this node is not who it says it is',
  'wrong-secret': "this node's secret is not the cluster's",
  'no-secret': 'it was started without a joinSecret, and lets nobody in',
  busy: 'it has too many to answer',
  'too-many-attempts': "there were too many attempts with a wrong secret, perhaps not this node's",
  'id-taken': 'the id is taken',
  'cluster-full': 'the cluster is full',
  'wrong-lease': 'the options `leases` and electionTimeoutMs* differ from its own',
  'invalid-address': 'nobody could reach this node at its address',
}

/**
 * Others may know better, or the same one later. That somebody else guesses at the secret must not keep this node out: whose
 * own is wrong is told that as soon as it is looked at.
 */
const MAY_DIFFER: ReadonlySet<JoinRefusal> = new Set(['no-secret', 'busy', 'too-many-attempts'])

export type Settled = Exclude<JoinReply, { readonly type: 'elsewhere' | 'later' | 'refused' }>

export interface ApplicantParts {
  readonly joiner: Joiner
  readonly transport: Transport
  readonly via: readonly string[]
  /** Fires when it is over, by the deadline or otherwise; its reason is the error. */
  readonly signal: AbortSignal
  readonly refused: (by: NodeId, refusal: JoinRefusal) => void
}

export class Applicant {
  readonly #parts: ApplicantParts
  /** Where the leader was said to be. */
  #leader: string | undefined
  /** Addresses of members, as this node learns of them. */
  #members: readonly string[] = []
  /** What was heard last, for people. */
  last = 'nobody was asked yet'

  constructor(parts: ApplicantParts) {
    this.#parts = parts
  }

  learn(addresses: readonly string[]): void {
    this.#members = addresses
  }

  /**
   * Asks until somebody says yes or no.
   * @throws RaftError ERR_JOIN_REFUSED, and the signal's reason
   */
  async ask(request: JoinRequest): Promise<Settled> {
    let pauseMs = PAUSE_MS_MIN
    for (;;) {
      const closed: Outcome[] = []
      const addresses = this.#addresses
      for (const address of addresses) {
        const outcome = await this.#follow(address, request)
        this.#check()
        if (outcome.type === 'reply' && isSettled(outcome.reply)) return outcome.reply
        if (outcome.type === 'refusal' && outcome.refusal === 'no-secret') closed.push(outcome)
      }
      if (closed.length === addresses.length) this.#refuse(closed[0] as Outcome & { type: 'refusal' })
      await this.#pause(pauseMs)
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)
    }
  }

  /** Tells the leader, once, that it need not wait. Never rejects. */
  async withdraw(request: JoinRequest, signal: AbortSignal): Promise<void> {
    if (this.#leader !== undefined) await this.#askAt(this.#leader, request, STEP_MS_MAX, signal)
  }

  get #addresses(): string[] {
    const known = this.#leader === undefined ? [] : [this.#leader]
    return [...new Set([...known, ...this.#parts.via, ...this.#members])]
  }

  /** Asks there, and where it is sent from there. */
  async #follow(first: string, request: JoinRequest): Promise<Outcome> {
    let address = first
    for (let redirects = 0; ; redirects++) {
      const outcome = await this.#askAt(address, request, ANSWER_MS_MAX, this.#parts.signal)
      this.last = `${address}: ${textOf(outcome)}`
      if (outcome.type === 'refusal' && !MAY_DIFFER.has(outcome.refusal)) this.#refuse(outcome)
      if (outcome.type !== 'reply') {
        if (address === this.#leader && !this.#parts.signal.aborted) this.#leader = undefined
        return outcome
      }
      const { reply, member } = outcome
      if (reply.type === 'refused')
        this.#refuse({ type: 'refusal', refusal: reply.refusal, member }, reply.why)
      if (reply.type === 'entered') this.#leader = address
      if (reply.type === 'facts') this.#leader = reply.leader?.address
      if (reply.type !== 'elsewhere' || redirects === REDIRECTS_MAX) return outcome
      this.#check()
      address = reply.leader.address
    }
  }

  async #askAt(
    address: string,
    request: JoinRequest,
    answerMs: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { joiner, transport } = this.#parts
    try {
      const knock = await transport.knock!(joiner.id, address, signal)
      const over = (): void => knock.close()
      signal.addEventListener('abort', over)
      try {
        if (signal.aborted) over()
        return await talk(joiner, knock, request, answerMs)
      } finally {
        signal.removeEventListener('abort', over)
      }
    } catch (error) {
      return { type: 'nothing', why: (error as Error).message }
    }
  }

  #refuse({ member, refusal }: Outcome & { type: 'refusal' }, why: string = WORDS[refusal]): never {
    const { id, clusterId } = this.#parts.joiner
    const by = member ?? 'a member'
    this.#parts.refused(member ?? '', refusal)
    throw new RaftError('ERR_JOIN_REFUSED', `${by} did not let ${id} into ${clusterId}: ${why} (${refusal})`)
  }

  #check(): void {
    const { signal } = this.#parts
    if (signal.aborted) throw signal.reason
  }

  async #pause(ms: number): Promise<void> {
    const { signal, joiner } = this.#parts
    const { scheduler } = joiner
    await new Promise<void>((resolve) => {
      const over = (): void => {
        wake.cancel()
        signal.removeEventListener('abort', over)
        resolve()
      }
      const wake = scheduler.wakeAt(scheduler.now() + ms, over)
      signal.addEventListener('abort', over)
      if (signal.aborted) over()
    })
    this.#check()
  }
}

function isSettled(reply: JoinReply): reply is Settled {
  return reply.type === 'facts' || reply.type === 'entered'
}

function textOf(outcome: Outcome): string {
  if (outcome.type === 'nothing') return outcome.why
  if (outcome.type === 'refusal') return WORDS[outcome.refusal]
  const { reply } = outcome
  if (reply.type === 'later' || reply.type === 'refused') return reply.why
  if (reply.type === 'entered') return `it is a ${reply.role}`
  return reply.type === 'elsewhere' ? `${reply.leader.id} leads, at ${reply.leader.address}` : reply.type
}
