// A quorum is lost for good: all but one or two machines are gone, and one of those is made a cluster of its own, offline, in a
// new generation. What was committed is there: nobody is taken away who alone has it.
import { assessRecovery, chooseSurvivor, type RecoveryReport, recoverCluster } from '@riverraft/core'
import { isQuorum } from '../checkers/configurations.js'
import { ObservedStorage } from '../disk/observed-storage.js'
import { Process } from '../world/process.js'
import { seededRandom } from '../world/random.js'
import type { AnyServer, Nemesis } from './nemesis.js'
import { CLUSTER_ID } from './server.js'

const PROPERTY = 'recovery-keeps-what-survivors-have'

/** The command line of whoever recovers: it may be killed, and is called again. */
type Command<Answer> = (storage: () => ObservedStorage, process: Process) => Promise<Answer>

export function recover(nemesis: Nemesis): boolean {
  const { cluster, world, wiping } = nemesis
  if (wiping || cluster.generation > 0) return false
  const survivors = whoSurvives(nemesis)
  if (survivors === undefined) return false
  nemesis.wiping = true
  for (const server of [...cluster.servers]) {
    server.crash()
    if (survivors.includes(server)) server.state = 'set aside'
    else cluster.leaveBehind(server)
  }
  world.touchPromises()
  void recoverFrom(nemesis, survivors)
  return true
}

/** One or two members without a quorum, one of whom has everything that is committed. */
function whoSurvives(nemesis: Nemesis): AnyServer[] | undefined {
  const { cluster, tape } = nemesis
  const { history } = cluster
  const configuration = history.committedConfiguration()
  // Who was added and has never opened its disk has nothing there that could be looked at.
  const sound = cluster.members.filter(
    ({ isLost, moving, parts: { view } }) => !isLost && !moving && view.incarnation !== undefined,
  )
  const first = nemesis.one(sound)
  if (first === undefined) return undefined
  const others = sound.filter((server) => server !== first)
  // Between two that have the same nothing can be chosen wrongly.
  const unequal = others.filter((server) => hasAll(nemesis, server) !== hasAll(nemesis, first))
  const second = tape.below(2) === 1 ? nemesis.one(unequal.length > 0 ? unequal : others) : undefined
  const those = second === undefined ? [first] : [first, second]
  const survives = (id: string): boolean => those.some((server) => server.id === id)
  // Nor by a change that only one of them has heard of, and that would let it go on alone (seed 7587).
  const believed = those.map(({ parts: { view } }) => view.durableConfiguration)
  if ([configuration, ...believed].some((one) => isQuorum(one, survives))) return undefined
  return those.some((server) => hasAll(nemesis, server)) ? those : undefined
}

/** Its disk has all that anybody has committed. */
function hasAll({ cluster }: Nemesis, { parts: { view } }: AnyServer): boolean {
  const { committed } = cluster.history
  return committed.at(-1)?.term === view.durableTermAt(committed.length)
}

async function recoverFrom(nemesis: Nemesis, survivors: readonly AnyServer[]): Promise<void> {
  const { cluster, world } = nemesis
  const reports: RecoveryReport[] = []
  for (const server of survivors)
    reports.push(
      await run(nemesis, server, (open) => assessRecovery({ storage: open(), ...identity(server) })),
    )
  const { id } = chooseSurvivor(reports)
  const survivor = survivors.find((server) => server.id === id)!
  if (!hasAll(nemesis, survivor)) world.fail(PROPERTY, `${id} is recovered, and lacks what is committed`)
  cluster.generation = await run(nemesis, survivor, recoverOnce(nemesis, survivor))
  world.coverage.hit('recovery: done')
  for (const server of survivors) if (server !== survivor) cluster.leaveBehind(server)
  survivor.state = 'down'
  nemesis.wiping = false
  survivor.start()
}

/** A second call is refused when the first one was killed after its write. Resolves with the new generation. */
function recoverOnce({ world }: Nemesis, survivor: AnyServer): Command<number> {
  return async (open, process) => {
    const { generation } = await assessRecovery({ storage: open(), ...identity(survivor) })
    if (generation > 0) {
      world.coverage.hit('recovery: killed, and done all the same')
      return generation
    }
    const done = await recoverCluster({ storage: open(), scheduler: process, ...identity(survivor) })
    return done.newGeneration
  }
}

function identity({ id }: AnyServer): { readonly id: string; readonly clusterId: string } {
  return { id, clusterId: CLUSTER_ID }
}

/** Runs a command on a server's disk, in a process of its own, until one of them has lived to its end. */
async function run<Answer>(nemesis: Nemesis, server: AnyServer, command: Command<Answer>): Promise<Answer> {
  const { world, tape, cluster } = nemesis
  const { disk, clock, view, seed, position, observation } = server.parts
  disk.heal()
  try {
    for (;;) {
      const process = new Process(world, clock, seededRandom(seed, position + 1, -++server.boots))
      // Files take many calls, blocks a few.
      const calls = tape.below(2) === 1 ? 40 : 8
      if (tape.below(2) === 1) process.crashAt(1 + tape.below(calls), tape.below(2) === 1)
      process.openPromises++
      const died = new Promise<undefined>((resolve) => {
        process.onDeath = () => {
          disk.crash()
          observation.ended(view)
          world.coverage.hit('recovery: killed')
          world.touchPromises()
          resolve(undefined)
        }
      })
      const open = (): ObservedStorage =>
        new ObservedStorage(disk.storage(process), process, observation.storage(view))
      const done = command(open, process).then(
        (answer) => ({ answer }),
        (error: unknown) => {
          if (process.alive) world.fail(PROPERTY, `${server.id} is not recovered: ${String(error)}`)
          return died
        },
      )
      const result = await Promise.race([done, died])
      process.openPromises--
      if (result === undefined) continue
      process.onDeath = () => disk.crash()
      process.kill()
      observation.ended(view)
      return result.answer
    }
  } finally {
    if (!nemesis.over) disk.faults = cluster.plan.disk
  }
}
