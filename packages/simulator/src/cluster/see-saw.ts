// Leadership goes from a server that has entries of its own to somebody else, who replaces them, and back: what either
// remembers of its first time is wrong by then. In a larger cluster a companion keeps those entries, and stays behind.
import type { AnyServer, Nemesis } from './nemesis.js'

const WATCH_MS = 20
/** Whoever stands by then is not deposed any more, whoever lags stays behind. */
const STEP_MS_MAX = 8_000

export function seeSaw(nemesis: Nemesis): boolean {
  const { cluster, tape } = nemesis
  const { network, servers, leader } = cluster
  if (leader === undefined || servers.length < 3) return false
  const followers = servers.filter((server) => server !== leader)
  const companion = servers.length < 5 ? undefined : nemesis.one(followers)
  const others = followers.filter((server) => server !== companion)
  apart(nemesis, [leader], others)
  if (companion !== undefined) stayBehind(nemesis, leader, companion, others)
  const undo = (): void => {
    network.unblock()
    network.unclog()
  }
  const goOn = 2_000 * tape.fraction()
  const keepsCompanion = tape.below(2) === 1
  const { term } = leader.parts.view
  const successor = (): AnyServer | undefined =>
    others.find(({ isUp, parts: { view } }) => isUp && view.role === 'leader' && view.term > term)
  when(
    nemesis,
    undo,
    () => hasCommitted(successor()),
    () =>
      nemesis.world.after(goOn, () => {
        if (nemesis.over) return
        network.unblock()
        if (companion !== undefined && keepsCompanion) apart(nemesis, [companion], others)
        const until = successor()?.parts.view.commitIndex ?? 0
        when(
          nemesis,
          undo,
          () => leader.parts.view.term > term && leader.parts.view.commitIndex >= until,
          () => {
            const present = successor()
            if (nemesis.wiping || present === undefined) return undo()
            nemesis.world.coverage.hit('a leader is deposed for the second time')
            present.crash()
            when(nemesis, undo, () => leader.isUp && leader.parts.view.role === 'leader', undo)
          },
        )
      }),
  )
  return true
}

/** The companion dies for a while, or its answers are slow: it has what its leader appended, and lags. */
function stayBehind(nemesis: Nemesis, leader: AnyServer, companion: AnyServer, others: AnyServer[]): void {
  apart(nemesis, [companion], others)
  const how = nemesis.tape.below(3)
  const later = 1_000 * nemesis.tape.fraction()
  if (how === 1) nemesis.world.after(later, () => nemesis.over || nemesis.wiping || companion.crash())
  if (how === 2)
    nemesis.world.after(
      later / 4,
      () => nemesis.over || nemesis.cluster.network.clog(companion.id, leader.id),
    )
}

function apart(
  { cluster: { network } }: Nemesis,
  some: readonly AnyServer[],
  others: readonly AnyServer[],
): void {
  for (const { id } of some) {
    for (const other of others) {
      network.block(id, other.id)
      network.block(other.id, id)
    }
  }
}

function hasCommitted(leader: AnyServer | undefined): boolean {
  if (leader === undefined) return false
  const { view } = leader.parts
  return view.termAt(view.commitIndex) === view.term
}

/** Calls `then` as soon as `holds`; `undo` when that takes too long, or faults are over. */
function when(nemesis: Nemesis, undo: () => void, holds: () => boolean, then: () => void): void {
  const { world } = nemesis
  const until = world.now + STEP_MS_MAX
  const look = (): void => {
    if (nemesis.over) return
    if (holds()) then()
    else if (world.now > until) undo()
    else world.after(WATCH_MS, look)
  }
  look()
}
