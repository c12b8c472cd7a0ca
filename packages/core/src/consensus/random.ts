// A seeded generator whose state is a number, so that a run can be replayed (mulberry32, 32 bits: for timeouts only).

/** The next generator state and a number in [0, 1). */
export function nextRandom(state: number): { readonly state: number; readonly value: number } {
  const next = (state + 0x6d2b79f5) | 0
  let t = Math.imul(next ^ (next >>> 15), next | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return { state: next, value: ((t ^ (t >>> 14)) >>> 0) / 2 ** 32 }
}
