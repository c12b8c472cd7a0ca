// The processes of a demo cluster: started, watched, started again, and stopped whatever happens.
import { mkdirSync } from 'node:fs'
import { epochMs, type Report } from '../control/events.js'
import { isDurable } from '../node/choices.js'
import { majority } from '../ui/answers.js'
import { Child, type Exit } from './child.js'
import { redisUrl, type Seat } from './seats.js'
import type { UpHome } from './settings.js'
import { type Entry, type Leadership, type View, Views } from './views.js'

/** A report and the name of the node it came from. */
export interface NamedReport extends Report {
  readonly name: string
}

export interface ClusterOptions {
  /** The program whose `node` command is a node. */
  readonly cli: string
  readonly home: UpHome
  readonly mdns: boolean
  readonly onReport: (report: NamedReport) => void
  readonly onStart: (child: Child) => void
  /** A process ended and nobody had asked for it. */
  readonly onAccident: (child: Child, exit: Exit) => void
  /** A process ended because its node was removed from the cluster. */
  readonly onRemoved: (child: Child) => void
}

const STOP_WITHIN_MS = 2_000

export class DemoCluster {
  readonly #options: ClusterOptions
  readonly #children: Child[] = []
  readonly #arguments = new Map<string, readonly string[]>()
  readonly #wanted = new Set<Child>()
  /** Removed, and about to end. */
  readonly #leaving = new Set<Child>()
  readonly #views = new Views()
  #stopping = false
  // A launcher that dies of an exception takes its nodes along.
  readonly #onExit = (): void => {
    for (const child of this.#all) child.kill()
    this.#options.home.dispose()
  }

  constructor(options: ClusterOptions) {
    this.#options = options
    process.on('exit', this.#onExit)
  }

  /** The last process of every node. */
  get children(): readonly Child[] {
    return this.#children
  }

  get living(): readonly Child[] {
    return this.#children.filter(({ alive }) => alive)
  }

  /** Starts a node with what it is told: to create the cluster, or whom to ask. The secret is told by its file. */
  start(seat: Seat, told: readonly string[]): Child {
    const { name } = seat
    this.#arguments.set(name, this.#argumentsOf(seat, told))
    const child = this.#spawn(name)
    this.#children.push(child)
    return child
  }

  #argumentsOf(seat: Seat, told: readonly string[]): readonly string[] {
    const { name } = seat
    const { home, mdns } = this.#options
    const { cluster, transport, storage } = home.settings
    const all = ['--cluster', cluster, ...told, '--storage', storage]
    all.push('--secret-file', home.secretFile)
    if (transport !== 'libp2p') all.push('--transport', transport, '--id', name, '--listen', seat.address!)
    if (mdns) all.push('--mdns')
    const redis = redisUrl(seat)
    if (redis !== undefined) all.push('--redis', redis)
    if (isDurable(storage)) all.push('--data', home.directoryOf(name))
    return all
  }

  /** Starts the process of a node that is gone again, with the same command or with another. */
  async restart(gone: Child, told?: readonly string[]): Promise<Child> {
    // Until then it may hold its port and its files.
    await gone.exited
    if (this.#stopping) throw new Error('everything is being stopped')
    const seat = this.#options.home.settings.seats.find(({ name }) => name === gone.name)
    if (told !== undefined && seat !== undefined)
      this.#arguments.set(seat.name, this.#argumentsOf(seat, told))
    const child = this.#spawn(gone.name)
    this.#children[this.#children.indexOf(gone)] = child
    return child
  }

  /** It is no member any more: its process ends by itself, or is gone already. */
  async forget(child: Child): Promise<void> {
    this.#wanted.add(child)
    const at = this.#children.indexOf(child)
    if (at >= 0) this.#children.splice(at, 1)
    this.#leaving.add(child)
    await this.#options.home.removeSeat(child.name)
  }

  /** "n2" for its PeerId; of a peer that is not ours, the end of its id. */
  nameOf(peer: string): string {
    return this.#views.nameOf(peer)
  }

  /** What a node has said of itself. */
  view(child: Child): Readonly<View> {
    return this.#views.of(child.name)
  }

  /** As far as it knows itself. */
  leads(name: string): boolean {
    return this.#views.leads(name)
  }

  /** A voter by its own log, and it knows who leads. */
  isVoter(child: Child): boolean {
    return this.#views.roleOf(child.name) === 'voter'
  }

  /** A voter or a learner. */
  isMember(child: Child): boolean {
    return this.#views.roleOf(child.name) !== undefined
  }

  /** When it joined. */
  entryOf(child: Child): Readonly<Entry> | undefined {
    const { peer } = this.view(child)
    return peer === undefined ? undefined : this.#views.entryOf(peer)
  }

  /** That this process ends, though nobody kills it, is what is wanted. */
  letEnd(child: Child): Promise<Exit> {
    this.#wanted.add(child)
    return child.exited
  }

  byName(name: string): Child | undefined {
    return this.#children.find((child) => child.name === name)
  }

  /**
   * Resolves with the first answer of `check` that is not undefined; it is asked now and after every report.
   * @throws the reason of `signal`
   */
  until<T>(check: () => T | undefined, signal: AbortSignal): Promise<T> {
    return this.#views.until(check, signal)
  }

  /** Whom all living nodes name as the leader of the same term; undefined while they do not agree. */
  leadership(): Leadership | undefined {
    return this.#views.leadership(this.living)
  }

  /** PeerIds, or ids, of those whose votes count. */
  get voters(): readonly string[] {
    return this.#views.voters(this.living)
  }

  /** How many voters make a majority. */
  get majority(): number {
    return majority(this.voters.length)
  }

  get hasMajority(): boolean {
    const { voters } = this
    const up = this.living.filter((child) => voters.includes(this.view(child).peer ?? ''))
    return up.length >= majority(voters.length)
  }

  /** SIGKILL, as by a power failure. Returns when that was. */
  kill(child: Child): number {
    this.#wanted.add(child)
    const at = epochMs()
    child.kill()
    return at
  }

  async stop(): Promise<void> {
    this.#stopping = true
    for (const child of this.#all) this.#wanted.add(child)
    await Promise.all(this.#all.map((child) => child.stop(STOP_WITHIN_MS)))
    process.removeListener('exit', this.#onExit)
  }

  get #all(): readonly Child[] {
    return [...this.#children, ...this.#leaving]
  }

  #ended(child: Child, exit: Exit): void {
    const { onAccident, onRemoved } = this.#options
    this.#leaving.delete(child)
    if (this.#stopping) return
    if (child.errorCode === 'ERR_REMOVED') {
      if (this.#children.includes(child)) void this.forget(child)
      this.#leaving.delete(child)
      onRemoved(child)
    } else if (!this.#wanted.has(child)) onAccident(child, exit)
  }

  #spawn(name: string): Child {
    const { cli, home, onReport, onStart } = this.#options
    // A directory each: where nothing else is kept, there the node makes its key.
    const cwd = home.directoryOf(name)
    mkdirSync(cwd, { recursive: true })
    this.#views.reset(name, home.settings.transport === 'libp2p' ? undefined : name)
    const child = new Child(name, cli, this.#arguments.get(name)!, cwd, (report) => {
      // Of an earlier process of this name: old news.
      if (this.byName(name) !== child) return
      this.#views.note(name, report)
      onReport({ ...report, name })
    })
    void child.exited.then((exit) => this.#ended(child, exit))
    onStart(child)
    return child
  }
}
