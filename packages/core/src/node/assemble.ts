// How the parts of a node are put together.
import { initialState } from '../consensus/index.js'
import type { Scheduler } from '../ports/scheduler.js'
import type { TransportHost } from '../ports/transport.js'
import { Admission } from './admission.js'
import { Answers } from './answers.js'
import type { EventStream } from './event-stream.js'
import { FrontDesk } from './front-desk.js'
import { Porter } from './joining/porter.js'
import { Reception } from './joining/reception.js'
import { Secret } from './joining/secret.js'
import { leftBehind } from './lost-quorum/left-behind.js'
import { consensusOptions, type Limits, leasesInHello } from './options.js'
import { Outbox } from './outbox.js'
import { randomNumber } from './random.js'
import type { Recovered } from './recover.js'
import { Runtime } from './runtime.js'
import { transportHost } from './transport-host.js'
import type { NodeOptions } from './types.js'

export interface Surroundings {
  readonly limits: Limits
  readonly scheduler: Scheduler
  readonly recovered: Recovered
  readonly events: EventStream
  /** Nothing is sent or heard any more. */
  readonly isStopped: () => boolean
  /** Something failed for good: the node is to stop. */
  readonly failed: (cause: unknown) => void
}

export interface Assembly {
  readonly admission: Admission
  readonly runtime: Runtime
  readonly desk: FrontDesk
  readonly host: TransportHost
}

export function assemble(
  options: NodeOptions<unknown, unknown, unknown>,
  { limits, scheduler, recovered, events, isStopped, failed }: Surroundings,
): Assembly {
  const { id, clusterId, transport } = options
  const { stored, metadata, machine, restored, memberships } = recovered
  const { incarnation, generation, members, hardState, lastTimestamp } = stored
  const answers = new Answers(scheduler)
  const leaseHash = leasesInHello(limits, options.leases)
  const admission = new Admission(id, clusterId, incarnation, members, leaseHash, generation)
  // Not in the middle of a handshake: it ends the transport.
  admission.onLaterGeneration = ({ from }) => scheduler.nextTurn(() => failed(leftBehind(id, from)))
  const runtime = new Runtime({
    options,
    limits,
    state: initialState(id, consensusOptions(limits, options), randomNumber(scheduler, 4)),
    scheduler,
    outbox: new Outbox(transport, incarnation),
    events,
    answers,
    machine,
    restored,
    lastTimestamp: Math.max(lastTimestamp, metadata.timestamp),
    admission,
    transport,
    initial: metadata,
    recoveredMemberships: memberships,
    recoveredTerm: hardState.currentTerm,
    failed,
  })
  const desk = new FrontDesk({ options, limits, scheduler, answers, runtime, machine })
  runtime.membership.entrance.onFree = () => runtime.wake()
  const reception = new Reception(runtime, admission, members)
  const porter = new Porter({
    ...{ id, clusterId, scheduler },
    secret: options.joinSecret === undefined ? undefined : new Secret(options.joinSecret, scheduler),
    dialoguesMax: limits.joinDialoguesMax,
    failuresPerMinuteMax: limits.joinFailuresPerMinuteMax,
    emit: (event) => events.emit(event),
    answer: (from, request) => reception.answer(from, request),
  })
  const { storage } = options
  const failStop = failed
  const host = transportHost({ id, storage, admission, events, runtime, porter, isStopped, failStop })
  return { admission, runtime, desk, host }
}
