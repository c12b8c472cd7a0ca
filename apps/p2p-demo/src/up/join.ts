// A process joins the cluster: it asks, gets the log as a learner, and is promoted when it has caught up.
import { ms } from '../ui/answers.js'
import type { Child } from './child.js'
import type { DemoCluster } from './cluster.js'
import type { Seat } from './seats.js'
import { type Storyteller, within } from './steps.js'

export interface Joined {
  readonly child: Child
  /** From asking until it was a learner. */
  readonly letInMs: number
  /** From there until it had caught up and was a voter. */
  readonly promotedMs: number
  /** The end of the log that it had to catch up with; undefined: it had done so before anybody looked. */
  readonly lastIndex: number | undefined
}

/** Starts a process that asks to be let in where the leader listens, or `via`. */
export async function startJoining(teller: Storyteller, seat: Seat, via?: string): Promise<Child> {
  const { cluster, redis, signal } = teller
  await redis.start([seat], signal)
  return cluster.start(seat, ['--join', via ?? (await leaderAddress(cluster, signal))])
}

/** Any member's will do. */
export async function leaderAddress(cluster: DemoCluster, signal: AbortSignal): Promise<string> {
  const { leader } = await cluster.until(() => cluster.leadership(), signal)
  return cluster.view(leader).addresses![0]!
}

/** Resolves when it is a voter by its own log. */
export async function untilJoined(teller: Storyteller, child: Child): Promise<Joined> {
  const { cluster } = teller
  const limit = within(teller, `${child.name} has not become a voter`)
  const { learnerAt, voterAt, lastIndex } = await cluster.until(() => {
    const entry = cluster.entryOf(child)
    if (entry?.voterAt === undefined || !cluster.isVoter(child)) return undefined
    return { learnerAt: entry.learnerAt ?? entry.voterAt, voterAt: entry.voterAt, lastIndex: entry.lastIndex }
  }, limit)
  const asksAt = cluster.view(child).asksAt ?? learnerAt
  return { child, letInMs: learnerAt - asksAt, promotedMs: voterAt - learnerAt, lastIndex }
}

export async function joinAnew(teller: Storyteller): Promise<Joined> {
  const seat = await teller.home.addSeat()
  return untilJoined(teller, await startJoining(teller, seat))
}

export function tellJoined({ child, letInMs, promotedMs, lastIndex }: Joined, { screen }: Storyteller): void {
  const total = screen.style('bold', `${child.name} votes ${ms(letInMs + promotedMs)} after it asked`)
  const caughtUp = lastIndex === undefined ? 'caught up' : `caught up with ${lastIndex} entries`
  screen.result(`${total}: a learner after ${ms(letInMs)}, ${caughtUp} and promoted ${ms(promotedMs)} later.`)
}
