// The processes of a demo cluster: started, watched, and stopped whatever happens.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { epochMs, type Report } from '../control/events.js'
import { Child, type Exit } from './child.js'

/** A report and the name of the node it came from. */
export interface NamedReport extends Report {
  readonly name: string
}

export interface ClusterOptions {
  readonly cli: string
  readonly cluster: string
  readonly size: number
  readonly mdns: boolean
  readonly onReport: (report: NamedReport) => void
  readonly onStart: (child: Child) => void
  /** A process ended and nobody had asked for it. */
  readonly onAccident: (child: Child, exit: Exit) => void
}

/** What the nodes agree on. */
export interface Leadership {
  readonly leader: Child
  readonly followers: readonly Child[]
  readonly term: number
  /** When the first of them said so. */
  readonly at: number
}

/** What a node has said of itself so far. */
export interface View {
  peer?: string
  addresses?: readonly string[]
  formedAt?: number
  leadership?: { readonly peer: string; readonly term: number; readonly at: number }
}

const STOP_WITHIN_MS = 2_000

export class DemoCluster {
  readonly #options: ClusterOptions
  readonly #directory = mkdtempSync(join(tmpdir(), 'riverraft-demo-'))
  readonly #children: Child[] = []
  readonly #names = new Map<string, string>()
  readonly #wanted = new Set<Child>()
  readonly #views = new Map<string, View>()
  readonly #listeners = new Set<() => void>()
  // A launcher that dies of an exception takes its nodes along.
  readonly #onExit = (): void => {
    for (const child of this.#children) child.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  constructor(options: ClusterOptions) {
    this.#options = options
    process.on('exit', this.#onExit)
  }

  get children(): readonly Child[] {
    return this.#children
  }

  get living(): readonly Child[] {
    return this.#children.filter(({ alive }) => alive)
  }

  /** Starts the node that creates the cluster. */
  startCreator(): Child {
    return this.#start(['--create', '--size', String(this.#options.size)])
  }

  /** Starts a node that is told one address and finds out the rest. */
  startJoiner(bootstrap: string): Child {
    return this.#start(['--bootstrap', bootstrap])
  }

  /** "n2" for its PeerId; of a peer that is not ours, the end of its id. */
  nameOf(peer: string): string {
    return this.#names.get(peer) ?? `…${peer.slice(-6)}`
  }

  /** What a node has said of itself. */
  view(child: Child): Readonly<View> {
    return this.#views.get(child.name)!
  }

  byName(name: string): Child | undefined {
    return this.#children.find((child) => child.name === name)
  }

  /**
   * Resolves with the first answer of `check` that is not undefined; it is asked now and after every report.
   * @throws the reason of `signal`
   */
  until<T>(check: () => T | undefined, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = check()
        if (found === undefined) return
        done()
        resolve(found)
      }
      const onAbort = () => {
        done()
        reject(signal.reason as Error)
      }
      const done = () => {
        this.#listeners.delete(look)
        signal.removeEventListener('abort', onAbort)
      }
      this.#listeners.add(look)
      signal.addEventListener('abort', onAbort)
      if (signal.aborted) onAbort()
      else look()
    })
  }

  /** Whom all living nodes name as the leader of the same term; undefined while they do not agree. */
  leadership(): Leadership | undefined {
    const views = this.living.map(({ name }) => this.#views.get(name)?.leadership)
    const [first] = views
    if (first === undefined || views.some((view) => view?.term !== first.term || view.peer !== first.peer)) {
      return undefined
    }
    const leader = this.living.find(({ name }) => this.#views.get(name)?.peer === first.peer)
    if (leader === undefined) return undefined
    const followers = this.living.filter((child) => child !== leader)
    const at = Math.min(...views.map((view) => view!.at))
    return { leader, followers, term: first.term, at }
  }

  /** SIGKILL, as by a power failure. Returns when that was. */
  kill(child: Child): number {
    this.#wanted.add(child)
    const at = epochMs()
    child.kill()
    return at
  }

  async stop(): Promise<void> {
    for (const child of this.#children) this.#wanted.add(child)
    await Promise.all(this.#children.map((child) => child.stop(STOP_WITHIN_MS)))
    process.removeListener('exit', this.#onExit)
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #start(args: readonly string[]): Child {
    const { cli, cluster, mdns, onReport, onStart, onAccident } = this.#options
    const name = `n${this.#children.length + 1}`
    // A directory each: there the node makes its own key.
    const cwd = join(this.#directory, name)
    mkdirSync(cwd)
    const all = ['--cluster', cluster, ...args, ...(mdns ? ['--mdns'] : [])]
    const child = new Child(name, cli, all, cwd, (report) => {
      this.#note(name, report)
      onReport({ ...report, name })
      for (const listener of [...this.#listeners]) listener()
    })
    void child.exited.then((exit) => {
      if (!this.#wanted.has(child)) onAccident(child, exit)
    })
    this.#views.set(name, {})
    this.#children.push(child)
    onStart(child)
    return child
  }

  #note(name: string, { at, event }: Report): void {
    const view = this.#views.get(name)!
    if (event.type === 'listening') {
      this.#names.set(event.peer, name)
      view.peer = event.peer
      view.addresses = event.addresses
    } else if (event.type === 'formed') view.formedAt = at
    else if (event.type === 'leader') view.leadership = { peer: event.leader, term: event.term, at }
  }
}
