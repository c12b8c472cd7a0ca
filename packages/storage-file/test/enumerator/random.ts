// Numbers that a seed decides.

/** A whole number from 0 to below `limit`. */
export type Random = (limit: number) => number

/** xorshift32: enough to vary, and the same everywhere. */
export function randomFrom(seed: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0 || 1
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % limit
  }
}
