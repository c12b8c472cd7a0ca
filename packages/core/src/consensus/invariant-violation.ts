// Fail stop: a state that the protocol excludes is never worked around.

export class InvariantViolation extends Error {
  override readonly name: string = 'InvariantViolation'
}

/** @throws InvariantViolation */
export function invariant(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new InvariantViolation(sentence)
}
