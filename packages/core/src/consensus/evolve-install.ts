// Folds what happened to a snapshot on its way to a follower, as its leader sees it (Raft §7).
import { clearInFlight, evolveFollower } from './evolve-follower.js'
import type { SnapshotProgressed, SnapshotSendStarted, SnapshotStalled } from './snapshot-events.js'
import type { Follower, Install, State } from './state.js'

export function evolveInstall(
  state: State,
  event: SnapshotSendStarted | SnapshotProgressed | SnapshotStalled,
): void {
  if (event.type === 'SnapshotSendStarted')
    return evolveFollower(state, event.to, (follower) => started(follower, event))
  evolveFollower(state, event.follower, ({ install }) => {
    if (event.type === 'SnapshotProgressed') return progressed(install, event)
    install.isWaitedFor = false
  })
}

function started(follower: Follower, { lastIncludedIndex, at }: SnapshotSendStarted): void {
  follower.state = 'snapshot'
  follower.nextIndex = lastIncludedIndex + 1
  clearInFlight(follower)
  follower.install.at = at
}

/** Bytes that arrive are no proof that it goes on: a storage that hangs has room for some of each snapshot. */
function progressed(install: Install, event: SnapshotProgressed): void {
  const { lastIncludedIndex, nextOffset, creditOffset, at } = event
  const hasStored = lastIncludedIndex === install.lastIncludedIndex && creditOffset > install.creditOffset
  if (hasStored) install.isWaitedFor = true
  Object.assign(install, { lastIncludedIndex, nextOffset, creditOffset, at })
}
