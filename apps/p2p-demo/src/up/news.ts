// Which of the nodes' reports are told to a person: many nodes learn the same, and the story has words of its own.
import type { DemoEvent } from '../control/events.js'

export class News {
  readonly #joined = new Set<string>()

  /** `leads`: the node that reports it is the leader, as far as it knows. */
  isNews(event: DemoEvent, leads: boolean): boolean {
    switch (event.type) {
      case 'link-up':
      // The launcher knows how many processes are left, and says so.
      case 'leaderless':
        return false
      case 'raft-started':
        return event.lastIndex > 0
      case 'stepped-down':
        // Otherwise the next leader is the news.
        return event.reason === 'quorum-lost' || event.reason === 'storage-stalled'
      case 'members-changed':
        // Every member learns of it.
        return leads
      case 'joined':
        return this.#isFirst(`${event.peer} ${event.role}`)
      default:
        return true
    }
  }

  #isFirst(what: string): boolean {
    if (this.#joined.has(what)) return false
    this.#joined.add(what)
    return true
  }
}
