// What the network does to frames at present. All zero: every frame arrives, in order, after the base latency.

export interface Weather {
  /** What any frame takes, in milliseconds, each way. */
  readonly latencyMs: number
  /** What it may take in addition; frames overtake one another when it is above 0. */
  readonly jitterMs: number
  /** Probabilities per frame. */
  readonly drop: number
  readonly duplicate: number
  readonly spike: number
  readonly corrupt: number
  readonly reset: number
  /** A copy is kept, and may be delivered seconds later, to whatever process listens there by then. */
  readonly keepOld: number
  /** Probability per dial that it reaches somebody else. */
  readonly misdirect: number
}

export const CALM: Weather = {
  latencyMs: 1,
  jitterMs: 0,
  drop: 0,
  duplicate: 0,
  spike: 0,
  corrupt: 0,
  reset: 0,
  keepOld: 0,
  misdirect: 0,
}

/** What can become of one frame, in the order the tape knows them; 0 is "it arrives". */
export const FATES = ['drop', 'duplicate', 'spike', 'corrupt', 'reset', 'keepOld'] as const
export type Fate = (typeof FATES)[number] | undefined

export function fateWeights(weather: Weather): number[] {
  return FATES.map((fate) => weather[fate])
}
