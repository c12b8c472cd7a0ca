// When faults stop and a quorum is up, the cluster must come to rest: everything that was promised happens, in bounded time.
import { isDeepStrictEqual } from 'node:util'
import type { Clients } from '../clients/clients.js'
import type { Operation } from '../clients/operation.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Nemesis } from '../cluster/nemesis.js'
import type { Server, ServerState } from '../cluster/server.js'
import type { World } from '../world/world.js'

const ELECTION_TIMEOUT_MS_MAX = 300
/** Until connections are made anew and processes are up again. */
const RECONNECT_MS = 2_000
const WORK_MS = 3_000
/** Fewer may all have been impatient. */
const ASKED_MIN = 5
const CATCH_UP_MS = 10_000
const QUIET_MS = 3_000
/** What a change of the members may wait for at most. */
const CHANGES_MS = 10_000

const AT_REST: ReadonlySet<ServerState> = new Set(['up', 'refused', 'removed', 'left behind'])

/** Runs the liveness phase: the faults are over from now on. Violations are the world's. */
export async function livenessPhase<Command, Result, State>(
  cluster: Cluster<Command, Result, State>,
  clients: Clients<Command, Result, State>,
  nemesis: Nemesis,
): Promise<void> {
  const { world } = cluster
  nemesis.stop()
  await world.run(world.now + RECONNECT_MS)
  await within(cluster, RECONNECT_MS, 'every server starts', () =>
    cluster.servers.every(({ state }) => AT_REST.has(state)),
  )
  await within(cluster, 10 * ELECTION_TIMEOUT_MS_MAX, 'one leader within ten election timeouts', () =>
    isFollowed(cluster),
  )
  const workFrom = world.now
  await world.run(world.now + WORK_MS)
  clients.stop()
  const timeoutMs = cluster.plan.limits.requestTimeoutMs ?? 5_000
  await within(cluster, timeoutMs + 1_000, 'every promise settles', () => clients.open === 0)
  await within(
    cluster,
    CHANGES_MS,
    'every change of the members settles',
    () => nemesis.administrator.open === 0,
  )
  requireProgress(clients.operations, workFrom, world)
  await within(cluster, CATCH_UP_MS, 'all apply all', () => haveAppliedAll(cluster))
  // A follower that has everything must be recognised without a new entry.
  for (const { id } of cluster.up)
    for (const link of cluster.network.endpoint(id)?.links.values() ?? []) link.reset('at rest')
  await world.run(world.now + RECONNECT_MS)
  await within(cluster, CATCH_UP_MS, 'all streams go on over new connections', () => haveAppliedAll(cluster))
  const terms = termsOf(cluster)
  await world.run(world.now + QUIET_MS)
  // Whoever was removed, and does not know it, asks in vain: nobody's term rises.
  if (termsOf(cluster) !== terms) world.fail('liveness', 'an election on a quiet network')
  agree(cluster)
  cluster.leaderJobs.judgeAtRest(cluster.leader?.id)
}

/** Reads alone are no progress, nor are writes: each kind has to succeed. */
function requireProgress<Command, State>(
  operations: readonly Operation<Command, State>[],
  from: number,
  world: World,
): void {
  for (const kind of ['propose', 'read']) {
    const asked = operations.filter(({ calledAt, request }) => calledAt >= from && request.kind === kind)
    const refused = asked.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'rejected')
    if (asked.length >= ASKED_MIN && refused.length === asked.length)
      world.fail('liveness', `none of ${asked.length} requests (${kind}) of the last ${WORK_MS} ms succeeded`)
  }
}

async function within<Command, Result, State>(
  { world }: Cluster<Command, Result, State>,
  ms: number,
  what: string,
  condition: () => boolean,
): Promise<void> {
  if (world.violation !== undefined) return
  await world.run(world.now + ms, condition)
  if (!condition()) world.fail('liveness', `not within ${ms} ms: ${what}`)
}

/** The members that are up, by what is committed. */
function membersOf<Command, Result, State>({
  members,
}: Cluster<Command, Result, State>): Server<Command, Result, State>[] {
  return members.filter((server) => server.isUp)
}

function termsOf<Command, Result, State>(cluster: Cluster<Command, Result, State>): string {
  return membersOf(cluster)
    .map(({ id, parts: { view } }) => `${id} ${view.term}`)
    .join()
}

/** One leader, a voter, and every member that is up is in its term. */
function isFollowed<Command, Result, State>(cluster: Cluster<Command, Result, State>): boolean {
  const leader = cluster.leader?.parts.view
  if (leader === undefined || !leader.configuration.voters.includes(leader.id)) return false
  return membersOf(cluster).every(
    ({ parts: { view } }) => view === leader || (view.role === 'follower' && view.term === leader.term),
  )
}

/** No change is under way, and every member that is up knows the same members. */
function isSettled<Command, Result, State>(cluster: Cluster<Command, Result, State>): boolean {
  const { history } = cluster
  const inPlay = history.configurationsInPlay.filter((one) => !history.isLost(one))
  const configuration = history.committedConfiguration()
  return (
    inPlay.length === 1 &&
    configuration.outgoing === undefined &&
    membersOf(cluster).every(({ parts: { view } }) => view.configuration === configuration)
  )
}

function haveAppliedAll<Command, Result, State>(cluster: Cluster<Command, Result, State>): boolean {
  const leader = cluster.leader
  if (leader === undefined || !isFollowed(cluster)) return false
  const end = leader.parts.view.log.length
  const all = membersOf(cluster).every(
    ({ parts: { view } }) =>
      view.log.length === end && view.lastApplied === end && view.durableLog.length === end,
  )
  const up = new Set(membersOf(cluster).map(({ id }) => id))
  const streaming = leader
    .node!.status()
    .followers.every(({ id, state, leaving }) => !leaving && (state === 'replicate' || !up.has(id)))
  return all && streaming && isSettled(cluster)
}

function agree<Command, Result, State>(cluster: Cluster<Command, Result, State>): void {
  const { world } = cluster
  const [first, ...others] = membersOf(cluster)
  for (const other of others) {
    if (!isDeepStrictEqual(other.machine?.state, first!.machine?.state))
      world.fail('liveness', `${other.id} and ${first!.id} end in different states`)
  }
}
