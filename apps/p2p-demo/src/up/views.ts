// What the nodes have said of themselves so far.
import type { Report } from '../control/events.js'
import type { Child } from './child.js'

export interface View {
  peer?: string
  addresses?: readonly string[]
  /** When it asked to be let in. */
  asksAt?: number
  /** When Raft had started, and the end of the log that it found. */
  started?: { readonly at: number; readonly lastIndex: number }
  leadership?: { readonly peer: string; readonly term: number; readonly at: number }
  /** The configuration in force there, by PeerId or id; `outgoing` votes too. */
  members?: {
    readonly index: number
    readonly voters: readonly string[]
    readonly learners: readonly string[]
    readonly outgoing: readonly string[]
  }
}

/** When a node became what, by the first who said so. */
export interface Entry {
  learnerAt?: number
  voterAt?: number
  /** The log that it had to catch up with. */
  lastIndex?: number
}

/** What the nodes agree on. */
export interface Leadership {
  readonly leader: Child
  /** The other voters and the learners. */
  readonly followers: readonly Child[]
  readonly term: number
  /** When the first of them said so. */
  readonly at: number
}

export class Views {
  readonly #views = new Map<string, View>()
  readonly #names = new Map<string, string>()
  /** By PeerId or id. */
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Set<() => void>()

  /** Nothing is known of a process that has just been started. `peer`: unless that. */
  reset(name: string, peer: string | undefined): void {
    this.#views.set(name, peer === undefined ? {} : { peer })
    if (peer !== undefined) this.#names.set(peer, name)
  }

  of(name: string): Readonly<View> {
    return this.#views.get(name)!
  }

  /** "n2" for its PeerId; of a peer that is not ours, the end of its id. */
  nameOf(peer: string): string {
    return this.#names.get(peer) ?? `…${peer.slice(-6)}`
  }

  /** Undefined: it has not joined while somebody was looking. */
  entryOf(peer: string): Readonly<Entry> | undefined {
    return this.#entries.get(peer)
  }

  /** By its own log, and it knows a leader. */
  roleOf(name: string): 'voter' | 'learner' | undefined {
    const { peer, members, leadership } = this.of(name)
    if (peer === undefined || leadership === undefined) return undefined
    if (members?.voters.includes(peer)) return 'voter'
    return members?.learners.includes(peer) ? 'learner' : undefined
  }

  #entry(peer: string): Entry {
    const entry = this.#entries.get(peer) ?? {}
    this.#entries.set(peer, entry)
    return entry
  }

  #noteJoined(peer: string, role: 'learner' | 'voter', at: number): void {
    const entry = this.#entry(peer)
    if (role === 'learner') entry.learnerAt ??= at
    else entry.voterAt ??= at
  }

  note(name: string, { at, event }: Report): void {
    const view = this.#views.get(name)!
    switch (event.type) {
      case 'listening':
        this.#names.set(event.peer, name)
        view.peer = event.peer
        view.addresses = event.addresses
        break
      case 'asks':
        view.asksAt = at
        break
      case 'catch-up':
        this.#entry(event.follower).lastIndex = event.lastIndex
        break
      case 'joined':
        this.#noteJoined(event.peer, event.role, at)
        break
      case 'raft-started':
        view.started = { at, lastIndex: event.lastIndex }
        view.members = { ...event, index: event.membersIndex, outgoing: [] }
        break
      case 'members-changed':
        view.members = event
        break
      case 'stepped-down':
        delete view.leadership
        break
      case 'leader':
        view.leadership = { peer: event.leader, term: event.term, at }
        break
    }
    for (const listener of [...this.#listeners]) listener()
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

  /**
   * The leader of the highest term, when all of `living` that it counts as members name it; undefined while they do not
   * agree.
   */
  leadership(living: readonly Child[]): Leadership | undefined {
    const leader = living
      .filter(({ name }) => this.leads(name))
      .sort((a, b) => this.of(b.name).leadership!.term - this.of(a.name).leadership!.term)[0]
    if (leader === undefined) return undefined
    const { leadership, members } = this.of(leader.name)
    const { peer, term } = leadership!
    const ids = members === undefined ? [] : [...members.voters, ...members.outgoing, ...members.learners]
    const counted = living.filter((child) => child === leader || ids.includes(this.of(child.name).peer ?? ''))
    const words = counted.map(({ name }) => this.of(name).leadership)
    if (words.some((word) => word?.term !== term || word.peer !== peer)) return undefined
    const at = Math.min(...words.map((word) => word!.at))
    return { leader, followers: counted.filter((child) => child !== leader), term, at }
  }

  /** The voters, as the leader or else the node with the newest list of members knows them. */
  voters(living: readonly Child[]): readonly string[] {
    const leader = this.leadership(living)?.leader.name
    const lists = [...this.#views.values()].flatMap(({ members }) => members ?? [])
    const newest = lists.sort((a, b) => b.index - a.index)[0]
    return ((leader === undefined ? undefined : this.of(leader).members) ?? newest)?.voters ?? []
  }

  /** As far as it knows itself. */
  leads(name: string): boolean {
    const { peer, leadership } = this.of(name)
    return leadership !== undefined && leadership.peer === peer
  }
}
