// What may be chosen at once: all of it when it is little, else in a systematic part and a random one.
import type { Random } from './random.js'

/**
 * Vectors with `0 <= vector[i] < sizes[i]`, each once: all of them if there are at most `max`. Otherwise, 0 meaning lost
 * and the largest kept: every prefix kept and the rest lost, every suffix, every single one in each of its values with
 * all others lost and with all others kept; then random ones up to `max`.
 */
export function choices(sizes: readonly number[], max: number, random: Random): number[][] {
  const all = sizes.reduce((product, size) => product * size, 1)
  if (all <= max) return product(sizes)
  const found = new Map<string, number[]>()
  const add = (vector: number[]): unknown => found.set(vector.join(), vector)
  const kept = sizes.map((size) => size - 1)
  for (let cut = 0; cut <= sizes.length; cut++) {
    add(kept.map((value, i) => (i < cut ? value : 0)))
    add(kept.map((value, i) => (i < cut ? 0 : value)))
  }
  for (const [i, size] of sizes.entries()) {
    for (let value = 0; value < size; value++) {
      add(kept.map((_, at) => (at === i ? value : 0)))
      add(kept.map((other, at) => (at === i ? value : other)))
    }
  }
  for (let tries = 0; found.size < max && tries < 4 * max; tries++) add(sizes.map((size) => random(size)))
  return [...found.values()]
}

function product(sizes: readonly number[]): number[][] {
  let vectors: number[][] = [[]]
  for (const size of sizes) {
    vectors = vectors.flatMap((vector) => Array.from({ length: size }, (_, value) => [...vector, value]))
  }
  return vectors
}
