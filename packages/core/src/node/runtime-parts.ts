// What a runtime is made of that somebody else makes.
import type { State } from '../consensus/index.js'
import type { Term } from '../consensus/types.js'
import type { Scheduler } from '../ports/scheduler.js'
import type { StateMachine } from '../ports/state-machine.js'
import type { Member } from '../ports/transport.js'
import type { Answers } from './answers.js'
import type { EventStream } from './event-stream.js'
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
  /** As of the newest snapshot, or from the beginning. */
  readonly members: readonly Member[]
  readonly lastTimestamp: number
  /** The term that the storage held at start. */
  readonly recoveredTerm: Term
  /** Fail stop: called once, from within a turn. */
  readonly failed: (cause: unknown) => void
}
