// Leadership goes from a server that has entries of its own to somebody else, who replaces them, and back: what either
// remembers of its first time is wrong by then. In a larger cluster a companion keeps those entries, and stays behind.
import type { AnyServer, Nemesis } from './nemesis.js'
import { divide, PATIENCE_MS, undo, when } from './scenario.js'

interface SeeSaw {
  readonly nemesis: Nemesis
  /** Leads, is deposed, and shall lead again. */
  readonly leader: AnyServer
  readonly term: number
  /** On its side meanwhile: together they are no quorum. */
  readonly companion: readonly AnyServer[]
  readonly others: readonly AnyServer[]
}

export function seeSaw(nemesis: Nemesis): boolean {
  const { cluster, tape, world } = nemesis
  const { servers, leader } = cluster
  if (leader === undefined || servers.length < 3) return false
  const followers = servers.filter((server) => server !== leader)
  const companion = servers.length < 5 ? [] : followers.splice(tape.below(followers.length), 1)
  const all: SeeSaw = { nemesis, leader, term: leader.parts.view.term, companion, others: followers }
  // A companion that lags is served from the disk, with what will not last.
  divide(nemesis, companion, [leader, ...followers])
  const lagMs = tape.below(2) === 0 ? 0 : 1_000 + 2_000 * tape.fraction()
  world.after(companion.length === 0 ? 0 : lagMs, () => strand(all))
  return true
}

/** The others elect one of them; leader and companion go on for themselves. */
function strand(all: SeeSaw): void {
  const { nemesis, leader, term, companion, others } = all
  const { tape, world, cluster } = nemesis
  if (nemesis.over) return
  if (!leader.isUp || leader.parts.view.term > term) return undo(nemesis)
  divide(nemesis, [leader], companion, others)
  const isSlow = tape.below(3) === 2
  world.after(1_000 * tape.fraction(), () => {
    if (nemesis.over) return
    divide(nemesis, [leader, ...companion], others)
    // What it acknowledges now is heard of much later.
    if (isSlow) for (const { id } of companion) cluster.network.clog(id, leader.id)
  })
  const goOnMs = 4_000 * tape.fraction()
  const way = tape.below(3)
  when(
    nemesis,
    () => hasCommitted(successor(all)),
    () => {
      if (way === 0) world.after(goOnMs, () => comeBack(all))
      else if (way === 1) askAgain(all)
      else replaceByASnapshot(all)
    },
  )
}

/** What the first leader has of its own reaches beyond the snapshot that takes its place (§7, "discard the entire log"). */
function replaceByASnapshot(all: SeeSaw): void {
  const { world } = all.nemesis
  world.touchPromises()
  const back = (): void => void world.after(0, () => comeBack(all))
  successor(all)?.node?.takeSnapshot().then(back, back)
}

/**
 * The successor is gone before it has committed much: the first leader, who has learned nothing, asks for votes with what may
 * be the longest log, of a term that is over (§5.4.1).
 */
function askAgain(all: SeeSaw): void {
  const { nemesis, leader, companion, others } = all
  const present = successor(all)
  if (nemesis.over) return
  if (nemesis.wiping || present === undefined || !leader.isUp) return undo(nemesis)
  present.crash()
  divide(nemesis, ...others.map((server) => [server]), companion)
  nemesis.world.coverage.hit('a deposed leader asks for votes with what it kept')
  nemesis.world.after(PATIENCE_MS / 3, () => undo(nemesis))
}

/** The first leader learns what has become of its entries. Then it is the only one who can win the next election. */
function comeBack(all: SeeSaw): void {
  const { nemesis, leader, term, companion, others } = all
  if (nemesis.over) return
  divide(nemesis, [leader, ...others], companion)
  const { view } = leader.parts
  const target = successor(all)?.parts.view.commitIndex ?? 0
  const hasLearned = (): boolean => leader.isUp && view.term > term && view.commitIndex >= target
  when(nemesis, hasLearned, () => {
    const present = successor(all)
    if (nemesis.wiping || present === undefined) return undo(nemesis)
    present.crash()
    divide(nemesis, ...others.map((server) => [server]), companion)
    const leadsAgain = (): boolean => leader.isUp && view.role === 'leader'
    when(nemesis, leadsAgain, () => {
      nemesis.world.coverage.hit('a leader leads again, over what replaced its entries')
      undo(nemesis)
    })
  })
}

function successor({ others, term }: SeeSaw): AnyServer | undefined {
  return others.find(({ isUp, parts: { view } }) => isUp && view.role === 'leader' && view.term > term)
}

function hasCommitted(server: AnyServer | undefined): boolean {
  if (server === undefined) return false
  const { view } = server.parts
  return view.termAt(view.commitIndex) === view.term
}
