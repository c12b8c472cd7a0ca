// One input being decided: rules read the state here, record what happened, and say what is to be done.
import type { Effect } from './effects.js'
import type { ConsensusEvent } from './events.js'
import { evolve } from './evolve.js'
import type { Message } from './messages.js'
import type { State } from './state.js'
import type { Millis, NodeId } from './types.js'

export class Turn {
  readonly state: State
  readonly now: Millis
  readonly events: ConsensusEvent[] = []
  readonly effects: Effect[] = []

  constructor(state: State, now: Millis) {
    this.state = state
    this.now = now
  }

  /** Something happened: the state follows at once, so that the rest of the rule sees it. */
  record(event: ConsensusEvent): void {
    evolve(this.state, event)
    this.events.push(event)
  }

  do(effect: Effect): void {
    this.effects.push(effect)
  }

  /** Which write a message waits for is derived at the end of the turn, in persist-before-speaking.ts. */
  send(to: NodeId, message: Message): void {
    this.effects.push({ type: 'Send', to, message, afterWrite: 0 })
  }
}
