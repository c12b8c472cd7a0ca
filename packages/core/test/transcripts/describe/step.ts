// One step: the input that was decided, the events, and the effects that say more than the events do.
import type { Effect, Input, Persist, StepResult } from '../../../src/consensus/index.js'
import type { Server } from '../../harness/server.js'
import { describeConfiguration } from './configuration.js'
import { describeEvent } from './event.js'
import { describeFields, describeMessage, describeSpan } from './message.js'

/** Undefined: the input is a duty of the runtime, or is announced by its command. */
export function describeInput({ id, state }: Server, input: Input): string | undefined {
  switch (input.type) {
    case 'Tick':
      return `${id}'s ${state.role.role === 'leader' ? 'heartbeat' : 'election'} timer fires`
    case 'Propose':
      return `${id} is asked to propose ${input.count}`
    case 'RequestRead':
      return `${id} is asked for read ${input.readId}${input.lease ? ', by lease if it can' : ''}`
    case 'TransferLeadership':
      return `${id} is asked to hand over${input.to === undefined ? '' : ` to ${input.to}`}`
    case 'ChangeMembership':
      return `${id} is asked to change the members to ${describeConfiguration(input)}${input.force ? ', by force' : ''}`
    case 'Receive':
      return `${id} receives ${input.message.type} from ${input.from} ${describeMessage(input.message)}`
    case 'SnapshotSaved':
      return `${id} has taken a snapshot`
    case 'SnapshotRestored':
      return `${id} has restored the snapshot of ${input.from}`
    case 'CompactLog':
      return undefined
    case 'PeerConnected':
      return `${id} is connected to ${input.peer} anew`
    case 'Recover':
      return `${id} starts`
    case 'Persisted':
    case 'Applied':
    case 'OfferEntries':
      return undefined
    default:
      return [`${id}: ${(input as Input).type}`, ...describeFields(input, 'now')].join(' ')
  }
}

export function describeEvents({ events }: StepResult): string | undefined {
  const shown = events.map(describeEvent).filter((text) => text !== undefined)
  return shown.length === 0 ? undefined : shown.join(', ')
}

/** Undefined: not shown, or shown when it leaves (Send). */
export function describeEffect(server: Server, effect: Effect): string | undefined {
  switch (effect.type) {
    case 'Send':
    case 'EncodeBlock':
    case 'Replicate':
    case 'SendSnapshot':
    case 'ContinueSnapshot':
    case 'ForgetLog':
    case 'Apply':
    case 'WakeAt':
      return undefined
    case 'Persist':
      return describeWrite(server, effect)
    case 'StoreChunk':
      return `stores the snapshot of ${effect.from}`
    case 'RestartLog':
      return `discards its log, which goes on behind ${effect.index}`
    case 'RefuseProposals':
      return `refuses ${effect.count} ${effect.count === 1 ? 'proposal' : 'proposals'}`
    case 'AnswerReads':
      return `answers read ${effect.readIds.join(' ')} at index ${effect.readIndex}`
    case 'RefuseReads':
      return effect.readIds.length === 0 ? undefined : `refuses read ${effect.readIds.join(' ')}`
    case 'TransferFailed':
      return `transfer failed: ${effect.reason}`
    case 'MembershipRefused':
      return `refuses the change: ${effect.reason}`
    case 'Removed':
      return `${server.id} knows that it is removed`
    default:
      return [(effect as Effect).type, ...describeFields(effect)].join(' ')
  }
}

function describeWrite({ state }: Server, { write, hardState, truncateFrom, appended }: Persist): string {
  const parts: string[] = []
  if (hardState !== undefined) {
    const { currentTerm, votedFor } = hardState
    parts.push(`term ${currentTerm}, ${votedFor === undefined ? 'no vote' : `vote ${votedFor}`}`)
  }
  if (truncateFrom !== undefined) parts.push(`truncate from ${truncateFrom}`)
  if (appended !== undefined) {
    const { firstIndex, lastIndex } = appended
    const terms = new Set([state.log.termAt(firstIndex), state.log.termAt(lastIndex)])
    parts.push(
      `append ${[...terms].length === 1 ? describeSpan(firstIndex, lastIndex, [...terms][0]!) : `${firstIndex}..${lastIndex}`}`,
    )
  }
  return `write ${write}: ${parts.join(', ')}`
}
