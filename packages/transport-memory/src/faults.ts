// What is wrong with a link, said by rules over pairs of nodes; the rule that was given last wins.
import { type NodeId, RaftError } from '@riverraft/core'

/** Stands for every node in a rule. */
export const ANY = '*'

/** Milliseconds, or a function that draws them for each frame. */
export type Delay = number | (() => number)

/** The state of one link, one direction: what its frames meet. */
export interface Faults {
  readonly cut: boolean
  readonly delay: Delay
  /** Probabilities per frame. */
  readonly drop: number
  readonly duplicate: number
}

interface Rule {
  readonly from: NodeId
  readonly to: NodeId
  readonly fault: Partial<Faults>
}

export class Rules {
  #rules: Rule[] = []

  add(from: NodeId, to: NodeId, fault: Partial<Faults>): void {
    check(fault)
    const kind = Object.keys(fault)[0] as keyof Faults
    // A rule that covers an older one of its kind replaces it, so that the list stays as short as what it says.
    this.#rules = this.#rules.filter(
      (old) => !(kind in old.fault && covers(from, old.from) && covers(to, old.to)),
    )
    this.#rules.push({ from, to, fault })
  }

  of(from: NodeId, to: NodeId): Faults {
    let faults: Faults = { cut: false, delay: 0, drop: 0, duplicate: 0 }
    for (const rule of this.#rules) {
      if (covers(rule.from, from) && covers(rule.to, to)) faults = { ...faults, ...rule.fault }
    }
    return faults
  }
}

function covers(pattern: NodeId, id: NodeId): boolean {
  return pattern === ANY || pattern === id
}

function check({ delay, drop = 0, duplicate = 0 }: Partial<Faults>): void {
  const probable = (value: number): boolean => value >= 0 && value <= 1
  if (!probable(drop) || !probable(duplicate)) throw invalid('a probability is a number from 0 to 1')
  if (typeof delay === 'number' && !(delay >= 0 && delay < 2 ** 31))
    throw invalid('a delay is from 0 to 2^31 - 1 ms')
}

function invalid(message: string): RaftError {
  return new RaftError('ERR_INVALID_OPTION', `memory network: ${message}`)
}
