// What clients saw: calls, and what became of each.

interface Call<Input> {
  readonly client: string
  /** On one clock for all clients, in any unit. Equal times count as overlapping. */
  readonly calledAt: number
  readonly input: Input
}

/** Took effect once, at some moment between call and return. */
export interface Returned<Input, Output> extends Call<Input> {
  readonly outcome: 'returned'
  /** Not before `calledAt`. An operation called later than this comes after this one. */
  readonly returnedAt: number
  readonly output: Output
}

/** Took effect once at some moment after the call, however late, or never. */
export interface Unknown<Input> extends Call<Input> {
  readonly outcome: 'unknown'
}

/** Was refused and never takes effect. */
export interface NotApplied<Input> extends Call<Input> {
  readonly outcome: 'not-applied'
  readonly returnedAt: number
}

export type Operation<Input, Output> = Returned<Input, Output> | Unknown<Input> | NotApplied<Input>

/** In any order. A client may have several operations under way, and go on after an unknown outcome. */
export type History<Input, Output> = readonly Operation<Input, Output>[]

/** @throws RangeError for times that no clock can have shown */
export function assertHistory(history: History<unknown, unknown>): void {
  for (const [i, operation] of history.entries()) {
    const returnedAt = operation.outcome === 'unknown' ? operation.calledAt : operation.returnedAt
    if (
      Number.isFinite(operation.calledAt) &&
      Number.isFinite(returnedAt) &&
      operation.calledAt <= returnedAt
    )
      continue
    const times = `called at ${operation.calledAt}, returned at ${returnedAt}`
    throw new RangeError(`operation ${i} of client ${operation.client}: ${times}`)
  }
}
