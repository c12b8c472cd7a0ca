// A cluster of random size, limits and disks, on a network that loses, repeats, reorders and splits; callers everywhere.
import type { NodeId } from '../../../src/consensus/types.js'
import type { NodeLimits } from '../../../src/node/types.js'
import { Cluster, type WordsNode } from './cluster.js'
import { codeOf, watch } from './world.js'

export interface Acknowledged {
  readonly word: string
  readonly place: number
}

export class Chaos {
  readonly cluster: Cluster
  reads = 0
  restarts = 0
  staleReads: string[] = []
  readonly #random: () => number
  readonly #acknowledged: Acknowledged[] = []
  readonly #certain: string[] = []
  readonly #unknown: string[] = []
  #open = 0
  #words = 0
  #ending = false

  private constructor(cluster: Cluster) {
    this.cluster = cluster
    this.#random = cluster.world.random
  }

  static async start(seed: number): Promise<Chaos> {
    // A mix of seeds that lie side by side.
    const cluster = await Cluster.start({ ...shape(seed), seed: Math.imul(seed, 0x9e3779b1) })
    const chaos = new Chaos(cluster)
    chaos.#breakNetwork()
    return chaos
  }

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!
  }

  #breakNetwork(): void {
    const { network } = this.cluster
    const lossy = this.#random() * 0.2
    const repeating = this.#random() * 0.3
    const slow = this.#chance(0.7) ? this.#random() * 30 : 0
    network.judge = () => (this.#chance(lossy) ? 'drop' : this.#chance(repeating) ? 'duplicate' : 'pass')
    network.delay = () =>
      slow === 0 || this.#chance(0.3) ? 0 : this.#chance(0.02) ? 500 : this.#random() * slow
  }

  async run(ms: number): Promise<void> {
    const { world } = this.cluster
    const end = world.now + ms
    while (world.now < end) {
      await world.pass(this.#random() * 20)
      for (let i = this.#random() * 4; i > 1; i--) this.#propose()
      if (this.#chance(0.3)) this.#read()
      if (this.#chance(0.02)) this.#partition()
      if (this.#chance(0.03)) this.cluster.network.heal()
      if (this.#chance(0.01)) await this.#restart()
    }
  }

  /** Faults end, everybody comes back, and every caller is answered. */
  async end(): Promise<void> {
    this.#ending = true
    const { cluster } = this
    cluster.network.judge = () => 'pass'
    cluster.network.delay = () => 0
    cluster.network.heal()
    for (const id of cluster.ids) if (!cluster.nodes.has(id)) await cluster.start(id)
    await cluster.agreed()
    await cluster.world.until('every caller is answered', () => this.#open === 0)
    await cluster.agreed()
    this.#orders = cluster.everyMachine.map(({ state }) => [...state.words])
    this.#order = [...cluster.words(cluster.ids[0]!)]
    this.terms = cluster.node(cluster.ids[0]!).status().term
    await cluster.stop()
  }

  terms = 0
  #orders: string[][] = []
  #order: string[] = []

  /** From where on all of them have entries: what is before may be compacted. */
  logs(): string[][] {
    const logs = this.cluster.ids.map((id) => this.cluster.disk(id).log)
    const begin = Math.max(...this.cluster.ids.map((id) => this.cluster.disk(id).begin))
    return logs.map((lines) => lines.filter((line) => Number.parseInt(line, 10) > begin))
  }

  get installs(): number {
    return this.cluster.installs
  }

  verdict() {
    return {
      acknowledged: this.#acknowledged,
      certain: this.#certain,
      unknown: this.#unknown,
      order: this.#order,
      orders: this.#orders,
      applied: new Set(this.#order),
    }
  }

  #anyNode(): WordsNode | undefined {
    const nodes = [...this.cluster.nodes.values()]
    return nodes.length === 0 ? undefined : this.#pick(nodes)
  }

  #propose(): void {
    const node = this.#anyNode()
    if (node === undefined) return
    const word = `w${++this.#words}`
    const controller = new AbortController()
    if (this.#chance(0.1)) {
      const { world } = this.cluster
      world.wakeAt(world.now + this.#random() * 100, () => controller.abort())
    }
    this.#open++
    const timeoutMs = 10 + this.#random() ** 2 * 3_000
    const { signal } = controller
    node
      .propose(word, { timeoutMs, signal })
      .then(
        (place) => void this.#acknowledged.push({ word, place }),
        (error: unknown) => {
          const code = codeOf(error)
          if (code === 'ERR_OUTCOME_UNKNOWN') this.#unknown.push(word)
          else if (/^ERR_(TIMEOUT|ABORTED|OVERLOADED|STOPPED)$/.test(code)) this.#certain.push(word)
          else throw error
        },
      )
      .finally(() => this.#open--)
  }

  /** A read sees at least every word that was acknowledged before it began. */
  #read(): void {
    const node = this.#anyNode()
    if (node === undefined) return
    const atLeast = this.#acknowledged.reduce((most, { place }) => Math.max(most, place), 0)
    this.#open++
    const read = node.read(({ words }) => words.length, { timeoutMs: 10 + this.#random() * 1_000 })
    read
      .then(
        (length) => {
          this.reads++
          if (length < atLeast) this.staleReads.push(`${node.id} read ${length} words of ${atLeast}`)
        },
        () => undefined,
      )
      .finally(() => this.#open--)
  }

  #partition(): void {
    const { ids, network } = this.cluster
    const [one, other]: [NodeId[], NodeId[]] = [[], []]
    for (const id of ids) (this.#chance(0.5) ? one : other).push(id)
    if (this.#chance(0.3)) for (const from of one) for (const to of other) network.cut(from, to)
    else network.partition(one, other)
  }

  async #restart(): Promise<void> {
    const { cluster } = this
    const id = this.#pick(cluster.ids)
    if (cluster.nodes.has(id)) await cluster.kill(id)
    this.restarts++
    cluster.world.wakeAt(cluster.world.now + this.#random() * 500, () => {
      if (!this.#ending && !cluster.nodes.has(id)) watch(cluster.start(id))
    })
  }
}

/** Small limits reach what large ones rarely do: full windows, evicted caches, many messages. */
function shape(seed: number): NodeLimits & { size: number; disk: { writes: 'at once' | 'later' } } {
  const choose = <T>(items: readonly T[], by: number): T => items[Math.floor(seed / by) % items.length]!
  return {
    size: choose([3, 5, 4], 1),
    disk: { writes: choose(['later', 'at once'] as const, 2) },
    logCacheBytesMax: choose([1, 2_000, 1_000_000], 3),
    messageBytesMax: choose([1_024, 1_000_000], 5),
    inFlightBytesMax: 1_000_000,
    inFlightMessagesMax: choose([1, 4, 256], 7),
    pendingProposalsMax: choose([1_000, 12], 11),
    snapshotLogBytesMin: choose([400, 1_000_000, 2_000], 1),
    snapshotLogFactor: 1,
    snapshotIntervalMsMin: choose([1, 100], 13),
    snapshotTrailingBytes: choose([1, 1_000], 5),
    snapshotChunkBytes: choose([64, 1_000_000], 7),
  }
}
