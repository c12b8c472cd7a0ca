// A server installs a snapshot, hears no more, and saves the next one. While it restores that, somebody leads who has kept what is
// between the two: entries come that begin behind the snapshot that is installed, and not behind the newest one.
import type { LogIndex } from '@riverraft/core'
import type { AnyServer, Nemesis } from './nemesis.js'
import { divide, undo, when } from './scenario.js'

/** Entries follow within a round trip. */
const WATCH_MS = 0.25

export function overtakenInstall(nemesis: Nemesis): boolean {
  const [victim] = followers(nemesis)
  if (victim === undefined) return false
  missed(nemesis, victim, (index) => install(nemesis, victim, index))
  return true
}

/** Voters, who has discarded most of the log first. */
function followers({ cluster: { leader, up } }: Nemesis): AnyServer[] {
  if (leader === undefined) return []
  const { voters } = leader.parts.view.configuration
  const begin = ({ node }: AnyServer): LogIndex => node?.status().firstIndex ?? 0
  const found = up.filter((server) => server !== leader && voters.includes(server.id))
  return found.length < 2 ? [] : found.sort((a, b) => begin(b) - begin(a))
}

/** The leader takes a snapshot of what `victim` does not hear. */
function missed(nemesis: Nemesis, victim: AnyServer, then: (index: LogIndex) => void): void {
  const { cluster, world, tape } = nemesis
  divide(
    nemesis,
    [victim],
    cluster.servers.filter((server) => server !== victim),
  )
  world.after(500 + 2_500 * tape.fraction(), () => {
    const node = cluster.leader?.node
    if (nemesis.over || node === undefined) return undo(nemesis)
    world.touchPromises()
    node.takeSnapshot().then(
      (index) => void world.after(0, () => then(index)),
      () => undo(nemesis),
    )
  })
}

/** The first one, and nothing of what follows it. */
function install(nemesis: Nemesis, victim: AnyServer, index: LogIndex): void {
  const { view } = victim.parts
  divide(nemesis)
  const isInstalled = (): boolean => {
    const newest = view.durableSnapshot?.metadata.index ?? 0
    return newest >= index && view.lastApplied === newest && view.log.length === newest
  }
  const next = (): void => missed(nemesis, victim, (later) => overtake(nemesis, victim, later))
  when(nemesis, isInstalled, next, WATCH_MS)
}

/** The second one is there, and takes long to be restored. */
function overtake(nemesis: Nemesis, victim: AnyServer, index: LogIndex): void {
  const { cluster, world, tape } = nemesis
  victim.restoreMs = 1_000 + tape.below(3_000)
  nemesis.later(5_000, 10_000, () => {
    victim.restoreMs = 0
  })
  divide(nemesis)
  const isSaved = (): boolean => (victim.parts.view.durableSnapshot?.metadata.index ?? 0) >= index
  when(nemesis, isSaved, () => {
    const keeper = followers(nemesis).findLast((server) => server !== victim)
    const node = cluster.leader?.node
    if (keeper === undefined || node === undefined) return
    world.touchPromises()
    node.transferLeadership(keeper.id).then(
      () => world.coverage.hit('leadership went over while a snapshot was restored'),
      () => {},
    )
  })
}
