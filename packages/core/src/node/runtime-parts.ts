// What a runtime is made of that somebody else makes.
import type { State } from '../consensus/index.js'
import type { Term } from '../consensus/types.js'
import type { Scheduler } from '../ports/scheduler.js'
import type { StateMachine } from '../ports/state-machine.js'
import type { Transport } from '../ports/transport.js'
import type { Admission } from './admission.js'
import type { Answers } from './answers.js'
import type { EventStream } from './event-stream.js'
import type { MembershipBlock } from './membership/recover.js'
import type { Membership } from './membership/types.js'
import type { Limits } from './options.js'
import type { Outbox } from './outbox.js'
import type { Restored } from './snapshots/restore.js'
import type { NodeOptions } from './types.js'

export interface RuntimeParts {
  readonly options: NodeOptions<unknown, unknown, unknown>
  readonly limits: Limits
  readonly state: State
  readonly scheduler: Scheduler
  readonly outbox: Outbox
  readonly events: EventStream
  readonly answers: Answers
  readonly machine: StateMachine<unknown, unknown, unknown>
  /** The snapshot that it was restored from. */
  readonly restored: Restored | undefined
  readonly lastTimestamp: number
  readonly admission: Admission
  readonly transport: Transport
  /** Who was a member as of the newest snapshot, or in the beginning; and the membership entries of the log behind that. */
  readonly initial: Membership
  readonly recoveredMemberships: readonly MembershipBlock[]
  /** The term that the storage held at start. */
  readonly recoveredTerm: Term
  /** Fail stop: called once, from within a turn. */
  readonly failed: (cause: unknown) => void
}
