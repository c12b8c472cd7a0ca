// The processes of a demo cluster: started, watched, started again, and stopped whatever happens.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { epochMs, type Report } from '../control/events.js'
import { isDurable } from '../node/choices.js'
import { Child, type Exit } from './child.js'
import type { UpHome } from './settings.js'
import { type Leadership, type View, Views } from './views.js'

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
}

const STOP_WITHIN_MS = 2_000

export class DemoCluster {
  readonly #options: ClusterOptions
  readonly #children: Child[] = []
  readonly #arguments = new Map<string, readonly string[]>()
  readonly #wanted = new Set<Child>()
  readonly #views = new Views()
  #stopping = false
  // A launcher that dies of an exception takes its nodes along.
  readonly #onExit = (): void => {
    for (const child of this.#children) child.kill()
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

  /** Starts a node with what it is told: over libp2p how to find the others, otherwise who is who. */
  start(name: string, told: readonly string[]): Child {
    const { directory, settings } = this.#options.home
    const { cluster, transport, storage } = settings
    const all = ['--cluster', cluster, ...told, '--storage', storage]
    if (transport !== 'libp2p') all.push('--transport', transport)
    if (this.#options.mdns) all.push('--mdns')
    if (isDurable(storage)) all.push('--data', resolve(directory, name))
    this.#arguments.set(name, all)
    const child = this.#spawn(name)
    this.#children.push(child)
    return child
  }

  /** Starts the process of a node that is gone again, with the same command. */
  async restart(gone: Child): Promise<Child> {
    // Until then it may hold its port and its files.
    await gone.exited
    if (this.#stopping) throw new Error('everything is being stopped')
    const child = this.#spawn(gone.name)
    this.#children[this.#children.indexOf(gone)] = child
    return child
  }

  /** "n2" for its PeerId; of a peer that is not ours, the end of its id. */
  nameOf(peer: string): string {
    return this.#views.nameOf(peer)
  }

  /** What a node has said of itself. */
  view(child: Child): Readonly<View> {
    return this.#views.of(child.name)
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

  /** SIGKILL, as by a power failure. Returns when that was. */
  kill(child: Child): number {
    this.#wanted.add(child)
    const at = epochMs()
    child.kill()
    return at
  }

  async stop(): Promise<void> {
    this.#stopping = true
    for (const child of this.#children) this.#wanted.add(child)
    await Promise.all(this.#children.map((child) => child.stop(STOP_WITHIN_MS)))
    process.removeListener('exit', this.#onExit)
  }

  #spawn(name: string): Child {
    const { cli, home, onReport, onStart, onAccident } = this.#options
    // A directory each: where nothing else is kept, there the node makes its key.
    const cwd = join(home.directory, name)
    mkdirSync(cwd, { recursive: true })
    this.#views.reset(name, home.settings.members === undefined ? undefined : name)
    const child = new Child(name, cli, this.#arguments.get(name)!, cwd, (report) => {
      // Of an earlier process of this name: old news.
      if (this.byName(name) !== child) return
      this.#views.note(name, report)
      onReport({ ...report, name })
    })
    void child.exited.then((exit) => {
      if (!this.#wanted.has(child)) onAccident(child, exit)
    })
    onStart(child)
    return child
  }
}
