// A node's way into its cluster, from an empty storage to its role. For a node that does not ask there is nothing to do.
import type { NodeId } from '../../consensus/types.js'
import { hasCode, RaftError } from '../../ports/errors.js'
import type { Scheduler, Wake } from '../../ports/scheduler.js'
import type { StorageIdentity, StoredState } from '../../ports/storage.js'
import type { Member } from '../../ports/transport.js'
import type { JoinRefusal } from '../../wire/join.js'
import type { JoinFacts, JoinRole } from '../../wire/join-content.js'
import type { Explanation, NodeEventType, NodeOptions, RuntimeEvent } from '../types.js'
import { Applicant } from './applicant.js'
import { Secret } from './secret.js'
import type { JoinOptions } from './types.js'

export const JOIN_TIMEOUT_MS = 60_000
/** To tell the leader that a node has given up. */
const WITHDRAW_MS_MAX = 1_000

/** What the node knows of itself, once it listens. */
export interface Self {
  readonly address: string
  readonly incarnation: string
  readonly leaseHash: number
  /** As of the configuration in force here. */
  member(): Member | undefined
  /** True when that configuration is known to be committed. */
  isCommitted(): boolean
  /** Where the other members listen, as far as this node knows. */
  addresses(): string[]
  emit(event: RuntimeEvent): void
  /** Calls `look` with each event of these types. */
  on(type: NodeEventType, look: () => void): () => void
}

/** Of a storage that is not this one. */
const ANOTHER = '0000000000000000'

/** After these events it may have its role. */
const TELLING = ['MembershipChanged', 'CommitAdvanced', 'SnapshotInstalled'] as const

export class Joining {
  /** Resolves when the node has its role. */
  readonly joined: Promise<undefined>
  readonly #options: NodeOptions<unknown, unknown, unknown>
  readonly #ask: JoinOptions | undefined
  readonly #scheduler: Scheduler
  readonly #ended = new AbortController()
  readonly #applicant: Applicant | undefined
  #wake: Wake | undefined
  #self: Self | undefined
  #watching: (() => void)[] = []
  /** Once is enough: it is asked until there is an answer, and what is answered is committed. */
  #isAsking = false
  #state: 'joining' | 'learner' | 'over' = 'joining'
  #succeed!: (value: undefined) => void
  #fail!: (error: unknown) => void

  /** @throws RaftError ERR_INVALID_OPTION */
  constructor(options: NodeOptions<unknown, unknown, unknown>, scheduler: Scheduler) {
    this.#options = options
    this.#scheduler = scheduler
    this.joined = new Promise((resolve, reject) => {
      this.#succeed = resolve
      this.#fail = reject
    })
    // Whoever does not look at it is not to be ended by it.
    this.joined.catch(() => undefined)
    this.#ask = typeof options.join === 'object' ? options.join : undefined
    if (this.#ask === undefined) this.#end()
    else this.#applicant = this.#apply(this.#ask)
  }

  #apply({ via, timeoutMs = JOIN_TIMEOUT_MS, signal }: JoinOptions): Applicant {
    const { id, clusterId, transport, joinSecret } = this.#options
    const give = (error: RaftError): void => this.#ended.abort(error)
    const aborted = (): void =>
      give(new RaftError('ERR_ABORTED', 'joining was aborted by the caller', { cause: signal?.reason }))
    this.#wake = this.#scheduler.wakeAt(this.#scheduler.now() + timeoutMs, () => give(this.#late(timeoutMs)))
    signal?.addEventListener('abort', aborted)
    this.#watching.push(() => signal?.removeEventListener('abort', aborted))
    if (signal?.aborted) aborted()
    const secret = new Secret(joinSecret!, this.#scheduler)
    const joiner = { id, clusterId, secret, scheduler: this.#scheduler }
    const refused = (by: NodeId, refusal: JoinRefusal): void =>
      this.#self?.emit({ type: 'JoinRefused', peer: id, by, refusal })
    return new Applicant({ joiner, transport, via, signal: this.#ended.signal, refused })
  }

  #late(timeoutMs: number): RaftError {
    const { id, clusterId } = this.#options
    const what = this.#state === 'learner' ? 'is still a learner' : 'was not let in'
    const last = this.#applicant!.last
    return new RaftError(
      'ERR_TIMEOUT',
      `${id} ${what} after ${timeoutMs} ms of joining ${clusterId}; last: ${last}`,
    )
  }

  /**
   * Opens the storage. An empty one is formatted with what the cluster's members say.
   * @throws RaftError ERR_JOIN_REFUSED, ERR_TIMEOUT, ERR_ABORTED, and what the storage's open throws
   */
  async open(incarnation: string): Promise<StoredState> {
    const { clusterId, id: nodeId, storage, transport, members = [], generation = 0 } = this.#options
    const identity: StorageIdentity = { clusterId, nodeId, members, incarnation, generation }
    const applicant = this.#applicant
    if (applicant === undefined) return storage.open(identity)
    try {
      return await storage.open({ ...identity, mustExist: true })
    } catch (error) {
      if (!hasCode(error, 'ERR_STORAGE_EMPTY')) return this.#giveUp(error)
    }
    try {
      const facts = (await applicant.ask({ type: 'facts' })) as JoinFacts
      applicant.learn(facts.members.map(({ address }) => address))
      const initial = withAnother(facts.initial, nodeId)
      return await storage.open({ ...identity, members: initial, generation: facts.generation })
    } catch (error) {
      await Promise.allSettled([transport.close(), storage.close()])
      return this.#giveUp(error)
    }
  }

  /**
   * Asks to be let in, unless this node is a member already as far as it knows. Resolves when that is committed; the way to its
   * role goes on.
   * @throws RaftError ERR_JOIN_REFUSED, ERR_TIMEOUT, ERR_ABORTED
   */
  async enter(self: Self): Promise<void> {
    if (this.#applicant === undefined) return
    this.#self = self
    this.#applicant.learn(self.addresses())
    for (const type of TELLING) this.#watching.push(self.on(type, () => this.#look()))
    const known = self.member()
    // If it has its place, as far as its log tells, then the log will also tell whether that holds.
    const isKnown = known?.address === self.address
    const entered = isKnown && this.#hasRole(known) ? undefined : this.#askOn(!isKnown)
    this.#look()
    // Its own log may tell first, or alone: an answer can be lost.
    if (known === undefined) await Promise.race([this.joined, entered])
  }

  /** Two questions at most: let me in, at this address; and make me what I am to be. Resolves after the first. */
  #askOn(mustEnter: boolean): Promise<void> {
    this.#isAsking = true
    const entered = mustEnter ? this.#request('learner') : Promise.resolve()
    const finished = entered.then(async () => {
      if (this.#state === 'joining') this.#state = 'learner'
      if (this.#state !== 'over' && !this.#hasRole(this.#self?.member())) await this.#request(this.#role)
    })
    finished.catch((error: unknown) => this.#giveUpQuietly(error))
    return entered
  }

  get #role(): JoinRole {
    return this.#ask?.role ?? 'voter'
  }

  #hasRole(member: Member | undefined): boolean {
    return member !== undefined && (member.role === 'voter' || this.#role === 'learner')
  }

  async #request(role: JoinRole): Promise<void> {
    const { address, incarnation, leaseHash } = this.#self!
    await this.#applicant!.ask({ type: 'enter', incarnation, address, role, leaseHash })
  }

  /** By its own log: what somebody says of it may be old. */
  #look(): void {
    const self = this.#self
    if (this.#state === 'over' || self === undefined || !self.isCommitted()) return
    const member = self.member()
    if (member === undefined) return
    if (this.#hasRole(member)) {
      self.emit({ type: 'Joined', peer: member.id, role: member.role === 'voter' ? 'voter' : 'learner' })
      this.#end()
    } else if (!this.#isAsking) void this.#askOn(false)
  }

  #end(): void {
    this.#state = 'over'
    this.#succeed(undefined)
    this.#forget()
    // There is nothing left to ask, nor a deadline for it.
    this.#ended.abort(new RaftError('ERR_ABORTED', 'it has joined'))
  }

  #forget(): void {
    this.#wake?.cancel()
    for (const forget of this.#watching.splice(0)) forget()
  }

  #giveUp(error: unknown): never {
    this.#giveUpQuietly(error)
    throw error
  }

  #giveUpQuietly(error: unknown): void {
    this.#state = 'over'
    this.#fail(error)
    this.#forget()
    this.#ended.abort(error)
  }

  /**
   * `start` failed. A learner that the cluster may have by now is of no use to it: it is told so, if it can be. Never rejects.
   */
  async withdraw(): Promise<void> {
    const [self, applicant] = [this.#self, this.#applicant]
    if (applicant === undefined) return
    if (this.#state !== 'over') this.#giveUpQuietly(new RaftError('ERR_STOPPED', 'the start failed'))
    if (self === undefined) return void (await this.#options.transport.close().catch(() => undefined))
    const given = new AbortController()
    const wake = this.#scheduler.wakeAt(this.#scheduler.now() + WITHDRAW_MS_MAX, () => given.abort())
    await applicant.withdraw({ type: 'withdraw', incarnation: self.incarnation }, given.signal)
    wake.cancel()
  }

  /** The node stops. */
  stop(error: RaftError): void {
    if (this.#state !== 'over') this.#giveUpQuietly(error)
    else this.#ended.abort(error)
  }

  explain(): Explanation[] {
    if (this.#state === 'over' || this.#applicant === undefined) return []
    const { id, clusterId } = this.#options
    const waits = this.#state === 'learner' ? 'is a learner that waits to be promoted' : 'asks to be let in'
    const text = `${id} ${waits} in ${clusterId}; last answer: ${this.#applicant.last}`
    return [{ code: 'join-waits', text }]
  }
}

/** Whom the cluster began with under this node's id was removed since: it was on another storage, and its vote is not this one's. */
function withAnother(initial: readonly Member[], self: NodeId): Member[] {
  return initial.map(({ id, address, role }) =>
    id === self ? { id, address, role, incarnation: ANOTHER } : { id, address, role },
  )
}
