// Changes of the members, carried to whoever leads.
import { setTimeout as pause } from 'node:timers/promises'
import type { MembershipChange } from '@riverraft/core'
import type { Answers, Command, CommandType, DemoMember } from '../control/commands.js'
import { epochMs, failureOf } from '../control/events.js'
import { describeAnswer } from '../ui/answers.js'
import type { Screen } from '../ui/screen.js'
import type { Child } from './child.js'
import type { DemoCluster } from './cluster.js'
import { STEP_TIMEOUT_MS } from './steps.js'

const STATUS_TIMEOUT_MS = 5_000
const ASK_AGAIN_MS = 20
/** A successor takes over within an election timeout, or not at all. */
const TRANSFER_TIMEOUT_MS = 5_000
/** A removed node ends by itself; its process is not waited for longer. */
const END_WITHIN_MS = 5_000

export interface LeaderAnswer<Type extends CommandType> {
  /** Who did it, and led until then. */
  readonly leader: Child
  readonly answer: Answers[Type]
}

/** Asks whoever leads, until one does it who leads: who does not lead has done nothing. @throws CommandFailed */
export async function askLeader<Type extends CommandType>(
  cluster: DemoCluster,
  command: Extract<Command, { type: Type }>,
  signal: AbortSignal,
): Promise<LeaderAnswer<Type>> {
  while (true) {
    const { leader } = await cluster.until(() => cluster.leadership(), signal)
    try {
      const timeoutMs = command.type === 'transfer' ? TRANSFER_TIMEOUT_MS : STEP_TIMEOUT_MS
      return { leader, answer: await leader.ask<Type>(command, timeoutMs) }
    } catch (error) {
      signal.throwIfAborted()
      if (failureOf(error).code !== 'ERR_NOT_LEADER') throw error
      await pause(ASK_AGAIN_MS, undefined, { signal })
    }
  }
}

/** @throws CommandFailed ERR_MEMBERSHIP_REFUSED, ERR_INVALID_OPTION, ERR_OUTCOME_UNKNOWN, ... */
export function changeMembers(
  cluster: DemoCluster,
  change: MembershipChange,
  signal: AbortSignal,
): Promise<LeaderAnswer<'change'>> {
  return askLeader<'change'>(cluster, { type: 'change', change }, signal)
}

/** As the leader knows them. */
export async function membersOf(cluster: DemoCluster, signal: AbortSignal): Promise<readonly DemoMember[]> {
  const { leader } = await cluster.until(() => cluster.leadership(), signal)
  return (await leader.ask({ type: 'status' }, STATUS_TIMEOUT_MS)).members
}

/** Its process ends by itself, and the launcher forgets it. @throws as `changeMembers` */
export async function removeMember(
  cluster: DemoCluster,
  id: string,
  signal: AbortSignal,
): Promise<LeaderAnswer<'change'>> {
  const child = cluster.children.find((child) => cluster.view(child).peer === id)
  const done = await changeMembers(cluster, { remove: [id] }, signal)
  if (child === undefined) return done
  await cluster.forget(child)
  await child.endsWithin(END_WITHIN_MS)
  return done
}

export function tellChange({ leader, answer }: LeaderAnswer<'change'>, screen: Screen): void {
  screen.line(epochMs(), leader.name, describeAnswer({ type: 'change', ...answer }))
}
