// A slow state machine pushes back: it neither kills the node nor stops heartbeats (sofa-jraft#550).
import { expect, test } from 'vitest'
import type { StateMachineFactory } from '../../src/ports/state-machine.js'
import { WORDS, type Words } from './harness/cluster.js'
import { append, block, Solo } from './harness/solo.js'
import { World } from './harness/world.js'

const COUNT = 2_000
const words = Array.from({ length: COUNT }, (_, i) => `w${i}`)

test.each([
  { what: 'one block of many entries', blocks: [block(1, 1, ...words)] },
  { what: 'many blocks of one entry', blocks: words.map((word, i) => block(i + 1, 1, word)) },
])('$what: they are not all applied in one turn', async ({ blocks }) => {
  const world = new World()
  const perTurn = new Map<number, number>()
  const slow: StateMachineFactory<string, number, Words> = {
    codec: WORDS.codec,
    create() {
      const machine = WORDS.create()
      return {
        ...machine,
        apply: (word, context) => {
          world.now += 0.5
          perTurn.set(world.turnCount, (perTurn.get(world.turnCount) ?? 0) + 1)
          return machine.apply(word, context)
        },
      }
    },
  }
  const solo = new Solo({ world, stateMachine: slow })
  await solo.start()
  await solo.receive('B', append(1, 0, 0, blocks, { leaderCommit: COUNT }))
  await world.until('all is applied', () => solo.words.length === COUNT)
  // Eight milliseconds, judged every 128 entries: a turn of a second would cost the leader its followers.
  expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(128)
})
