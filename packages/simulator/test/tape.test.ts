import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pack, unpack } from '../src/runner/replay-file.js'
import { seededRandom } from '../src/world/random.js'
import { Tape } from '../src/world/tape.js'

test('a recorded tape repeats what was drawn', () => {
  const tape = new Tape(seededRandom(7))
  const draw = (from: Tape): unknown[] =>
    Array.from({ length: 2_000 }, (_, i) => [
      from.below(1 + (i % 50)),
      from.chance(0.3),
      from.pick([0.2, 0.1, 0.05]),
      from.fraction(),
    ])
  const drawn = draw(tape)
  expect(draw(new Tape(undefined, tape.recorded))).toEqual(drawn)
})

test('a tape at its end means nothing bad', () => {
  const tape = new Tape(undefined, [])
  expect([tape.below(9), tape.chance(0.99), tape.pick([0.9]), tape.fraction()]).toEqual([0, false, 0, 0])
})

test('a draw that is too large for a changed run is cut to what is possible', () => {
  expect(new Tape(undefined, [1_000]).below(3)).toBe(2)
})

test('a draw that was made for other weights hits nothing that cannot happen', () => {
  const tape = new Tape(undefined, [3, 3, 1])
  expect([tape.pick([0, 0, 0]), tape.pick([0, 0, 0.1]), tape.pick([0, 0.1])]).toEqual([0, 3, 0])
  expect(tape.recorded).toEqual([0, 3, 0])
})

test('tapes survive being packed, without the zeros at their end', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant(0), fc.nat(5_000))), (draws) => {
      const used = draws.slice(0, draws.findLastIndex((draw) => draw !== 0) + 1)
      expect(unpack(pack(draws))).toEqual(used)
    }),
  )
})
