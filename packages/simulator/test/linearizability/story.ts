// Histories written down by hand, a line per operation.
import type { Operation } from '../../src/linearizability/index.js'

export function returned<Input, Output>(
  client: string,
  [calledAt, returnedAt]: [number, number],
  input: Input,
  output: Output,
): Operation<Input, Output> {
  return { client, calledAt, input, outcome: 'returned', returnedAt, output }
}

export function unknown<Input>(client: string, calledAt: number, input: Input): Operation<Input, never> {
  return { client, calledAt, input, outcome: 'unknown' }
}

export function refused<Input>(
  client: string,
  [calledAt, returnedAt]: [number, number],
  input: Input,
): Operation<Input, never> {
  return { client, calledAt, input, outcome: 'not-applied', returnedAt }
}
