// What clients do: the user's commands and questions, drawn from a tape.
import type { Tape } from '../world/tape.js'

/** A choice among equals; the first is the simplest. */
export interface Choice {
  /** A whole number from 0 to `count` - 1. */
  below(count: number): number
  of<Value>(values: readonly Value[]): Value
  chance(probability: number): boolean
}

export interface Workload<Command, State> {
  /** The next command. `number` is different for every command of a run: for values that tell commands apart. */
  command(choice: Choice, number: number): Command
  /**
   * The next question. It is asked of the cluster and later of a model of it: it depends on the state alone, and its
   * answer is plain data, not part of the state. Absent: no reads.
   */
  query?(choice: Choice): (state: State) => unknown
}

export function choiceOf(tape: Tape): Choice {
  return {
    below: (count) => tape.below(count),
    of: (values) => values[tape.below(values.length)]!,
    chance: (probability) => tape.chance(probability),
  }
}
