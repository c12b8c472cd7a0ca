// Histories made from a real execution, one operation after the other, which clients see with overlaps and gaps.
import type { Operation } from '../../src/linearizability/index.js'
import type { Reference } from './references.js'

/** What happens to one operation of the execution. */
export interface Event<Input, Output> {
  readonly client: string
  readonly input: Input
  /** How long before and after the moment of its effect it was called and returned. */
  readonly before: number
  readonly after: number
  /** `lost`: unknown, and never took effect. `unanswered`: unknown, and it did. `refused`: not applied. */
  readonly fate: 'returned' | 'unanswered' | 'lost' | 'refused'
  /** Recorded in place of the real output. */
  readonly lie?: { readonly output: Output } | undefined
}

/** Effects take place at times 10, 20, 30, ... Without lies the history is linearizable. */
export function observe<State, Input, Output>(
  { initial, apply }: Reference<State, Input, Output>,
  events: readonly Event<Input, Output>[],
): Operation<Input, Output>[] {
  let state = initial
  return events.map(({ client, input, before, after, fate, lie }, i) => {
    const moment = 10 * (i + 1)
    const call = { client, input, calledAt: moment - before }
    if (fate === 'lost') return { ...call, outcome: 'unknown' }
    if (fate === 'refused') return { ...call, outcome: 'not-applied', returnedAt: moment + after }
    const [output, next] = apply(state, input)
    state = next
    if (fate === 'unanswered') return { ...call, outcome: 'unknown' }
    return { ...call, outcome: 'returned', returnedAt: moment + after, output: lie ? lie.output : output }
  })
}

/** Numbers below 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Load<Input> {
  readonly seed: number
  readonly count: number
  readonly clients: number
  /** Of all operations; half of them took effect. */
  readonly unknownShare: number
  input(i: number, random: () => number): Input
}

/** Clients that are busy all the time: about as many operations overlap as there are clients. */
export function busyEvents<Input>({
  seed,
  count,
  clients,
  unknownShare,
  input,
}: Load<Input>): Event<Input, never>[] {
  const random = seeded(seed)
  return Array.from({ length: count }, (_, i) => {
    const isUnknown = random() < unknownShare
    return {
      client: `c${i % clients}`,
      input: input(i, random),
      before: random() * 10 * (clients / 2),
      after: random() * 10 * (clients / 2),
      fate: isUnknown ? (random() < 0.5 ? 'lost' : 'unanswered') : 'returned',
    }
  })
}
