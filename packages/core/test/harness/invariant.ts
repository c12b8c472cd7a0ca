// What a checker is: looks at every step, or at every message that leaves, and throws.
import type { Input, StepResult } from '../../src/consensus/index.js'
import type { History } from './history.js'
import type { Letter } from './letter.js'
import type { Server } from './server.js'

export interface Step {
  readonly history: History
  readonly server: Server
  readonly input: Input
  readonly result: StepResult
}

export interface Invariant {
  readonly title: string
  /** Throws when a step broke it. */
  stepped?(step: Step): void
  /** Throws when what just left should not have. */
  left?(history: History, letter: Letter): void
}

export class BrokenInvariant extends Error {
  override readonly name: string = 'BrokenInvariant'
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BrokenInvariant(what)
}
