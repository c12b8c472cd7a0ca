// A deterministic cluster of pure consensus states: virtual time, and a pool of messages that a test delivers as it likes.
import type { ConsensusOptions, NodeId, StepResult } from '../../src/consensus/index.js'
import { leaderOf } from '../../src/consensus/index.js'
import { termsOf } from './entry.js'
import { History } from './history.js'
import { BrokenInvariant } from './invariant.js'
import { INVARIANTS } from './invariants.js'
import type { Letter } from './letter.js'
import { isMajorityOf } from './membership-invariants.js'
import { OPTIONS } from './options.js'
import { Server, type World } from './server.js'

export interface ClusterOptions {
  readonly size: number
  /** How many of them are voters at the beginning (default: all); the others know nobody. */
  readonly voters?: number
  readonly seed?: number
  readonly consensus?: Partial<ConsensusOptions>
  readonly clocks?: readonly Clock[]
}

/** What a server's clock says: `now * rate + offset`. */
export interface Clock {
  readonly rate: number
  readonly offset: number
}

export class Cluster implements World {
  readonly servers = new Map<NodeId, Server>()
  readonly history = new History(this.servers)
  now = 0
  /** Everything that was ever proposed. */
  readonly commands: string[] = []
  /** How often each event happened. */
  readonly happened = new Map<string, number>()
  /** Messages under way, oldest first. */
  pool: Letter[] = []
  readonly #clocks = new Map<NodeId, Clock>()
  #groups: readonly (readonly NodeId[])[] = []
  #reads = 0

  constructor({ size, voters: count = size, seed = 1, consensus, clocks = [] }: ClusterOptions) {
    const ids = [...'ABCDEFG'].slice(0, size)
    const first = ids.slice(0, count)
    for (const [i, id] of ids.entries()) {
      const voters = first.includes(id) ? first : []
      const options = { id, voters, seed: seed * 31 + i, consensus: { ...OPTIONS, ...consensus } }
      this.servers.set(id, new Server(options, this))
      this.#clocks.set(id, clocks[i] ?? { rate: 1, offset: 0 })
    }
    for (const id of ids) this.start(id)
  }

  send(letter: Letter): void {
    for (const invariant of INVARIANTS)
      this.#check(invariant.title, () => invariant.left?.(this.history, letter))
    this.pool.push(letter)
  }

  stepped(server: Server, input: StepInput, result: StepResult): void {
    for (const { type } of result.events) this.happened.set(type, (this.happened.get(type) ?? 0) + 1)
    const step = { history: this.history, server, input, result }
    for (const invariant of INVARIANTS) this.#check(invariant.title, () => invariant.stepped?.(step))
  }

  #check(title: string, check: () => void): void {
    try {
      check()
    } catch (error) {
      throw error instanceof BrokenInvariant ? new BrokenInvariant(`${title}: ${error.message}`) : error
    }
  }

  /** The process of `id` begins (again). */
  start(id: NodeId): void {
    const server = this.server(id)
    this.#setClock(server)
    server.start()
  }

  /** The disk of `id` is replaced by an empty one. What it promised before, nobody may count. */
  wipe(id: NodeId): void {
    this.server(id).wipe(this.history.committed.length)
    this.history.forget(id)
    this.happened.set('wiped', (this.happened.get('wiped') ?? 0) + 1)
  }

  server(id: NodeId): Server {
    return this.servers.get(id)!
  }

  /** Only servers of one group hear each other; without groups all do. */
  partition(...groups: string[]): void {
    this.#groups = groups.map((group) => [...group])
  }

  heal(): void {
    this.#groups = []
  }

  connected(a: NodeId, b: NodeId): boolean {
    return this.#groups.length === 0 || this.#groups.some((group) => group.includes(a) && group.includes(b))
  }

  /** Takes a message out of the pool and delivers it, unless it is cut off or nobody is there. */
  deliver(letter: Letter): void {
    const at = this.pool.indexOf(letter)
    if (at !== -1) this.pool.splice(at, 1)
    const to = this.server(letter.to)
    if (!to.up || !this.connected(letter.from, letter.to)) return
    const { incarnation: newest } = this.server(letter.from).identity
    if (!to.acquaintances.hears(to.state, letter.from, letter.incarnation, newest)) return
    if (!to.identity.hears(to.state, letter.message)) return
    this.#setClock(to)
    to.receive(letter)
  }

  /** Delivers everything until nobody has anything to say. */
  settle(): void {
    for (let letter = this.pool[0]; letter !== undefined; letter = this.pool[0]) this.deliver(letter)
  }

  /** Time passes: wake-ups fire in order, and between them messages arrive at once. */
  run(ms: number): void {
    const until = this.now + ms
    for (;;) {
      this.settle()
      const next = Math.min(...[...this.servers.values()].map((server) => this.#wakesAt(server)))
      if (next > until) break
      this.now = Math.max(this.now, next)
      this.tickDue()
    }
    this.now = until
  }

  /** Ticks everybody whose wake-up is due. */
  tickDue(): void {
    for (const server of this.servers.values()) {
      if (server.up && this.#wakesAt(server) <= this.now) this.#tick(server)
    }
  }

  #wakesAt({ id, wakeAt }: Server): number {
    const { rate, offset } = this.#clocks.get(id)!
    // A thousandth later, so that rounding never makes it a wake-up before its time.
    return (wakeAt - offset) / rate + (rate === 1 ? 0 : 0.001)
  }

  #setClock(server: Server): void {
    const { rate, offset } = this.#clocks.get(server.id)!
    server.now = this.now * rate + offset
  }

  /** Runs until one server leads and every other one of its side of the network follows it. */
  elect(id?: NodeId): Server {
    if (id !== undefined) this.campaign(id)
    for (let i = 0; i < 200; i++) {
      this.settle()
      const leader = this.leader
      if (leader !== undefined && (id === undefined || leader.id === id)) return leader
      this.run(20)
    }
    throw new Error('no leader was elected')
  }

  /** The election timer of `id` fires before anybody else's. */
  campaign(id: NodeId): void {
    const server = this.server(id)
    const { currentTerm: term } = server.state
    while (server.state.currentTerm === term && server.state.role.role !== 'pre-candidate') {
      this.now = Math.max(this.now, this.#wakesAt(server))
      this.#tick(server)
    }
  }

  #tick(server: Server): void {
    this.#setClock(server)
    server.wakeAt = Number.POSITIVE_INFINITY
    server.step({ type: 'Tick' })
  }

  /** The leader of the highest term, when a majority of the voters follows it. */
  get leader(): Server | undefined {
    const up = [...this.servers.values()].filter((server) => server.up)
    const leaders = up.filter(({ state }) => state.role.role === 'leader')
    const newest = leaders.sort((a, b) => b.state.currentTerm - a.state.currentTerm)[0]
    if (newest === undefined) return undefined
    const { currentTerm, configuration } = newest.state
    const following = new Set(
      up
        .filter(({ state }) => state.currentTerm === currentTerm && leaderOf(state) === newest.id)
        .map(({ id }) => id),
    )
    return isMajorityOf(configuration, following) ? newest : undefined
  }

  read(id: NodeId, lease = false): number {
    const readId = ++this.#reads
    this.#setClock(this.server(id))
    this.server(id).step({ type: 'RequestRead', readId, lease })
    return readId
  }

  propose(id: NodeId, ...commands: string[]): void {
    this.commands.push(...commands)
    this.#setClock(this.server(id))
    this.server(id).propose(...commands)
  }

  /** The commands of a server's log. */
  log(id: NodeId): string[] {
    return this.server(id).entries.map(({ command }) => command)
  }

  /** Each server's log as commands. */
  get logs(): Record<NodeId, string[]> {
    return Object.fromEntries([...this.servers.keys()].map((id) => [id, this.log(id)]))
  }

  get terms(): Record<NodeId, number[]> {
    return Object.fromEntries([...this.servers].map(([id, server]) => [id, termsOf(server.entries)]))
  }
}

type StepInput = Parameters<World['stepped']>[1]
