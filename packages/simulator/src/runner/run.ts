// One seed, from nothing to a verdict. The same options give the same run, event by event.
import type { StateMachineFactory } from '@riverraft/core'
import { watchBounds } from '../checkers/bounded.js'
import type { Checker } from '../checkers/checker.js'
import { CLIENT_HISTORY, checkClientHistory } from '../checkers/client-history-is-linearizable.js'
import { livenessPhase } from '../checkers/liveness.js'
import { checkSnapshots, SNAPSHOTS } from '../checkers/snapshot-equals-replay.js'
import { watchMembers } from '../checkers/uses-the-configuration-of-its-log.js'
import { Clients } from '../clients/clients.js'
import type { Operation } from '../clients/operation.js'
import type { Workload } from '../clients/workload.js'
import { Cluster } from '../cluster/cluster.js'
import { Nemesis } from '../cluster/nemesis.js'
import { drawPlan } from '../cluster/plan.js'
import { type Recording, recordingOf, tapesOf } from '../world/tape.js'
import { type Violation, World } from '../world/world.js'
import { faultsOf } from './faults.js'

/** Events per virtual second, ten times what the busiest runs need: a run that has no end is a failure. */
const EVENTS_PER_SECOND_MAX = 20_000
/** What the liveness phase may take, in virtual seconds. */
const REST_SECONDS_MAX = 60

export interface RunOptions<Command, Result, State> {
  readonly stateMachine: StateMachineFactory<Command, Result, State>
  readonly workload: Workload<Command, State>
  readonly seed: number
  /** Virtual seconds under faults. Default 60; the liveness phase comes after them. */
  readonly seconds?: number
  /** Default: drawn. */
  readonly servers?: number
  /** Repeat this instead of drawing anew. */
  readonly recording?: Recording
  /** Requests to leave out, by number. */
  readonly skipped?: ReadonlySet<number>
  readonly checkers?: readonly Checker[]
  /** One more look at the clients' history, when the run is over: what is wrong with it, if anything. */
  readonly judge?: (operations: readonly Operation<Command, State>[]) => string | undefined
  /** What happens, line by line. */
  readonly say?: (line: string) => void
}

export interface Verdict {
  readonly seed: number
  /** None: it went to its end, through the liveness phase. */
  readonly violation: Violation | undefined
  /** Two runs with the same hash went the same way. */
  readonly traceHash: string
  readonly simulatedMs: number
  readonly eventCount: number
  readonly servers: number
  /** What clients wanted: the numbers of requests go up to here. */
  readonly requests: number
  /** Requests that reached a server, without those that were tried again. */
  readonly operations: number
  readonly acknowledged: number
  /** What was done to the cluster, and how many kinds of it. */
  readonly faults: number
  readonly faultKinds: number
  readonly leaderChanges: number
  readonly coverage: ReadonlyMap<string, number>
  readonly recording: Recording
}

export async function runSeed<Command, Result, State>(
  options: RunOptions<Command, Result, State>,
): Promise<Verdict> {
  const { stateMachine, workload, seed, seconds = 60, servers, recording, skipped = new Set() } = options
  const world = new World(tapesOf(seed, recording))
  world.say = options.say
  world.eventsMax = (seconds + REST_SECONDS_MAX) * EVENTS_PER_SECOND_MAX
  const plan = drawPlan(world.tapes.plan, servers)
  const cluster = new Cluster(world, plan, seed, stateMachine, options.checkers)
  const nemesis = new Nemesis(cluster)
  const clients = new Clients(cluster, workload, skipped)
  nemesis.start()
  clients.start()
  watchBounds(cluster)
  watchMembers(cluster)
  cluster.network.weather = plan.weather
  for (const { parts } of cluster.servers) parts.disk.faults = plan.disk
  await world.run(seconds * 1_000)
  if (world.violation === undefined) await livenessPhase(cluster, clients, nemesis)
  if (world.violation === undefined) {
    const wrong = checkClientHistory(cluster.history, stateMachine, clients.operations)
    if (wrong !== undefined) world.fail(CLIENT_HISTORY, wrong)
    const differs = await checkSnapshots(cluster.history, stateMachine)
    if (differs !== undefined) world.fail(SNAPSHOTS, differs)
    const judged = options.judge?.(clients.operations)
    if (judged !== undefined) world.fail('client-history-as-seen-from-outside', judged)
  }
  for (const server of cluster.servers) server.crash()
  const { coverage } = world
  const faults = [...faultsOf(coverage.counts).values()]
  return {
    seed,
    violation: world.violation,
    traceHash: world.trace.digest,
    simulatedMs: world.now,
    eventCount: world.eventCount,
    servers: plan.servers,
    requests: clients.requests,
    operations: clients.begun,
    acknowledged: clients.operations.filter(({ outcome }) => outcome === 'ok').length,
    faults: faults.reduce((sum, count) => sum + count, 0),
    faultKinds: faults.length,
    leaderChanges: Math.max(0, coverage.count('BecameLeader') - 1),
    coverage: coverage.counts,
    recording: recordingOf(world.tapes),
  }
}
