// What a node gives its transport: who is welcome, and where frames and news of links go.
import type { NodeId } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import type { Storage } from '../ports/storage.js'
import type { TransportHost } from '../ports/transport.js'
import type { PeerMessage } from '../wire/messages.js'
import type { Admission } from './admission.js'
import type { EventStream } from './event-stream.js'
import type { Porter } from './joining/porter.js'
import { leftBehind } from './lost-quorum/left-behind.js'
import type { Runtime } from './runtime.js'

/** What asks a voter for something. Who reads of the one before it gives no vote in that one's place, nor campaigns. */
const OF_VOTERS: ReadonlySet<PeerMessage['type']> = new Set(['RequestVote', 'PreVote', 'TimeoutNow'])

export interface TransportHostParts {
  readonly id: NodeId
  readonly storage: Storage
  readonly admission: Admission
  readonly events: EventStream
  readonly runtime: Runtime
  readonly porter: Porter
  readonly isStopped: () => boolean
  readonly failStop: (error: RaftError) => void
}

export function transportHost(parts: TransportHostParts): TransportHost {
  const { id, admission, events, runtime } = parts
  return {
    id,
    hello: (peer) => admission.hello(peer),
    admit: (hello) => {
      const refusal = admission.admit(hello)
      if (refusal !== undefined) events.emit({ type: 'HelloRefused', peer: hello.from, by: id, refusal })
      // A stranger was perhaps met, or says where it listens: there is something to do.
      if (refusal === undefined || refusal === 'unknown-member') runtime.wake()
      return refusal
    },
    refused: (peer, refusal) => {
      events.emit({ type: 'HelloRefused', peer, by: peer, refusal })
      const { isAnother, isCountedUnmet } = runtime.membership
      // Who reads of it in its log is being sent that log: its peer has not come as far, or was removed itself and never will.
      const isWiped = refusal === 'incarnation-changed' && !isAnother
      // A doubt stops no newcomer. Who might be counted has to be sure: it may have promised and acknowledged what it has lost.
      if (isWiped || (refusal === 'incarnation-doubted' && isCountedUnmet))
        parts.failStop(wipedMember(parts, peer))
      if (refusal === 'earlier-generation') parts.failStop(leftBehind(id, peer))
    },
    receive: (from, frame) => {
      // Of another incarnation: sent before its storage was lost, or after.
      if (parts.isStopped() || frame.group !== 0 || !admission.isCurrent(from, frame.incarnation)) return
      const isLater = admission.isLater(from, frame.incarnation)
      for (const message of frame.messages) {
        if (!runtime.membership.strangers.mayHear(from, message.type, isLater)) continue
        if (OF_VOTERS.has(message.type) && runtime.membership.isAnother) continue
        if (message.type === 'Forward' || message.type === 'ForwardReply') {
          runtime.receive({ type: 'Forwarded', from, message })
        } else {
          runtime.receive({ type: 'Receive', now: 0, from, message })
        }
      }
    },
    linkUp: (peer) => {
      events.emit({ type: 'LinkUp', peer })
      runtime.linkUp(peer)
    },
    linkDown: (peer, reason) => {
      events.emit({ type: 'LinkDown', peer, reason })
      runtime.linkDown(peer)
    },
    // The in-flight window per follower bounds what waits for a slow peer; nothing else is sent that could wait.
    pressure: () => {},
    knocked: (knock) => (parts.isStopped() ? knock.close() : parts.porter.knocked(knock)),
  }
}

/** It can never be of use again under this id: everybody refuses it, and its vote of the past is forgotten. */
function wipedMember({ id, storage }: TransportHostParts, peer: NodeId): RaftError {
  const why = storage.durable
    ? 'its storage was wiped'
    : `its ${storage.name} storage is volatile and was lost when it stopped`
  return new RaftError(
    'ERR_INCARNATION_CHANGED',
    `${peer} knows ${id} with another storage: ${why}. It must come back as a new member, with a new id`,
  )
}
