// Events as sentences for a person.

import { withoutPeerId } from '../addresses.js'
import { ATTEMPTS_TOLD, type DemoEvent, type SteppedDownReason } from '../control/events.js'
import type { StorageName } from '../node/choices.js'
import { withNames } from './answers.js'

const PLACES: Readonly<Record<StorageName, string>> = {
  file: 'on disk',
  memory: 'in memory',
  redis: 'in its Redis',
}

const STEPPED_DOWN: Readonly<Record<SteppedDownReason, string>> = {
  'higher-term': 'a later term has begun',
  'leader-found': 'there is another leader',
  'vote-granted': 'it has voted for another',
  'quorum-lost': 'it hears from no majority',
  'storage-stalled': 'its storage hangs',
  removed: 'it is no voter any more',
}

/** `nameOf` turns a PeerId into what the reader knows the peer by. */
export function describe(event: DemoEvent, nameOf: (peer: string) => string): string {
  const names = (peers: readonly string[]) => peers.map(nameOf).sort().join(', ')
  switch (event.type) {
    case 'listening': {
      const doing = event.role === 'creator' ? 'creates the cluster, listens at' : 'listens at'
      if (event.key === undefined) return `${doing} ${event.addresses.join(', ')}`
      const key = event.key === 'new' ? 'new key' : 'known key'
      const peer = `${event.peer.slice(0, 8)}…${event.peer.slice(-6)}`
      return `${doing} ${event.addresses.map(withoutPeerId).join(', ')}; ${key}, PeerId ${peer}`
    }
    case 'found':
      return `found ${nameOf(event.peer)} by mDNS at ${withoutPeerId(event.address)}`
    case 'asks':
      return `asks to be let in at ${event.via.map(withoutPeerId).join(', ')}`
    case 'unreachable':
      return `nobody to ask at ${withoutPeerId(event.address)} yet: ${event.error}`
    case 'joined':
      if (event.self) return `is a ${event.role} now`
      return event.role === 'learner'
        ? `lets ${nameOf(event.peer)} in as a learner: it gets the log, and is not counted`
        : `${nameOf(event.peer)} is a voter now`
    case 'turned-away':
      return `turned ${nameOf(event.peer)} away: ${event.refusal}`
    case 'join-given-up':
      return `${nameOf(event.peer)} is no learner any more: ${event.reason}`
    case 'raft-started': {
      const place = PLACES[event.storage]
      if (event.lastIndex === 0) return `starts Raft with an empty log ${place}`
      return `has found its log ${place}: up to index ${event.lastIndex}, term ${event.term}`
    }
    case 'link-up':
      return `reached ${nameOf(event.peer)}`
    case 'link-down':
      return `lost its connection to ${nameOf(event.peer)} (${event.reason})`
    case 'candidate':
      return event.attempt < ATTEMPTS_TOLD
        ? `asks for votes for term ${event.term}`
        : `asks for votes again and again, now for term ${event.term}: no majority answers`
    case 'leader':
      if (event.self) return `is elected leader of term ${event.term}`
      return `follows ${nameOf(event.leader)}, leader of term ${event.term}`
    case 'stepped-down':
      return `leads no longer: ${STEPPED_DOWN[event.reason]}`
    case 'leaderless':
      return withNames(['nobody leads', ...event.why].join('; '), nameOf)
    case 'members-changed': {
      const { index, voters, learners, outgoing } = event
      const learning = learners.length === 0 ? '' : `; learning: ${names(learners)}`
      if (outgoing.length === 0) return `members now (index ${index}): ${names(voters)}${learning}`
      const change = `from ${names(outgoing)} to ${names(voters)}${learning}`
      return `members change (index ${index}): ${change}; meanwhile majorities of both must agree`
    }
    case 'catch-up':
      return `${nameOf(event.follower)} has caught up to index ${event.matchIndex} of ${event.lastIndex}`
    case 'hello-refused':
      // Our own refusals name the peer; a peer's refusal of us names the peer twice.
      return event.by === event.peer
        ? `is refused by ${nameOf(event.by)}: ${event.refusal}`
        : `refuses ${nameOf(event.peer)}: ${event.refusal}`
    case 'changed':
      return event.value === null
        ? `watch: ${event.key} deleted (index ${event.index})`
        : `watch: ${event.key} = ${JSON.stringify(event.value)} (index ${event.index})`
    case 'watch-ended':
      return `the watch ended: ${event.error.code}: ${event.error.message}`
    default:
      return event satisfies never
  }
}
