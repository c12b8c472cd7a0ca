// Commands that get over what a transcript is not about.
import { Mistake } from '../mistake.js'
import { type Command, noMore } from './command.js'
import { persist } from './disk.js'

/** More steps than any transcript needs; a cluster that never comes to rest must not hang the test. */
const STEPS_MAX = 10_000

export const PACE_COMMANDS: readonly Command[] = [
  {
    name: 'settle',
    usage: 'settle',
    run(stage, words) {
      noMore(words)
      for (let i = 0; i < STEPS_MAX; i++) {
        const writing = [...stage.servers.values()].find(({ up, disk }) => up && disk.inFlight.length > 0)
        const letter = stage.network.pool.shift()
        if (letter !== undefined) stage.deliver(letter)
        else if (writing !== undefined) persist(stage, writing)
        else return
      }
      throw new Mistake(`no rest after ${STEPS_MAX} steps`)
    },
  },
  {
    name: 'quietly',
    usage: 'quietly settle',
    run(stage, words, perform) {
      stage.narrator.quietly(() => perform(words))
    },
  },
]
