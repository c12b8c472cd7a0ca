// What the nodes have said of themselves so far.
import type { Report } from '../control/events.js'
import type { Child } from './child.js'

export interface View {
  peer?: string
  addresses?: readonly string[]
  /** When it had the list of members. */
  formedAt?: number
  /** When Raft had started, and the end of the log that it found. */
  started?: { readonly at: number; readonly lastIndex: number }
  leadership?: { readonly peer: string; readonly term: number; readonly at: number }
}

/** What the nodes agree on. */
export interface Leadership {
  readonly leader: Child
  readonly followers: readonly Child[]
  readonly term: number
  /** When the first of them said so. */
  readonly at: number
}

export class Views {
  readonly #views = new Map<string, View>()
  readonly #names = new Map<string, string>()
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

  note(name: string, { at, event }: Report): void {
    const view = this.#views.get(name)!
    if (event.type === 'listening') {
      this.#names.set(event.peer, name)
      view.peer = event.peer
      view.addresses = event.addresses
    } else if (event.type === 'formed' || event.type === 'continues') view.formedAt = at
    else if (event.type === 'raft-started') view.started = { at, lastIndex: event.lastIndex }
    else if (event.type === 'leader') view.leadership = { peer: event.leader, term: event.term, at }
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

  /** Whom all of `living` name as the leader of the same term; undefined while they do not agree. */
  leadership(living: readonly Child[]): Leadership | undefined {
    const views = living.map(({ name }) => this.of(name).leadership)
    const [first] = views
    if (first === undefined || views.some((view) => view?.term !== first.term || view.peer !== first.peer)) {
      return undefined
    }
    const leader = living.find(({ name }) => this.of(name).peer === first.peer)
    if (leader === undefined) return undefined
    const followers = living.filter((child) => child !== leader)
    const at = Math.min(...views.map((view) => view!.at))
    return { leader, followers, term: first.term, at }
  }
}
