// A node whose disk is wiped: refused under its old identity, it joins anew.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { epochMs } from '../control/events.js'
import { describeAnswer, withNames } from '../ui/answers.js'
import type { Child } from './child.js'
import { joinAnew, leaderAddress, tellJoined } from './join.js'
import { removeMember } from './members.js'
import { type Storyteller, within } from './steps.js'

/** Kills the last follower and deletes what it has stored, but for its key. Resolves with the dead process. */
export async function wipe(teller: Storyteller): Promise<Child> {
  const { cluster, screen, home, redis, signal } = teller
  const limit = within(teller, 'no process could be wiped')
  const { followers } = await cluster.until(() => cluster.leadership(), limit)
  const victim = followers.at(-1)!
  const at = cluster.kill(victim)
  screen.line(at, victim.name, screen.style('red', `is killed, process ${victim.pid}`))
  await victim.exited
  const what = home.settings.transport === 'libp2p' ? 'its key' : 'its name'
  if (home.settings.storage === 'redis') {
    await redis.wipe(victim.name, signal)
    screen.line(epochMs(), victim.name, screen.style('red', `has an empty Redis now; ${what} is still there`))
  } else {
    await rm(join(home.directoryOf(victim.name), 'log'), { recursive: true })
    screen.line(epochMs(), victim.name, screen.style('red', `has no log any more; ${what} is still there`))
  }
  return victim
}

/** Starts a node again that has lost its memory. @throws when it is not refused */
export async function refuse(teller: Storyteller, gone: Child): Promise<void> {
  const { cluster, screen, signal } = teller
  const limit = within(teller, `${gone.name} was not refused`)
  const child = await cluster.restart(gone, ['--join', await leaderAddress(cluster, signal)])
  const ended = cluster.letEnd(child)
  const end = await new Promise<Awaited<typeof ended>>((resolve, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true })
    void ended.then(resolve)
  })
  if (end.code !== 1 || child.errorCode !== 'ERR_JOIN_REFUSED') {
    throw new Error(`${child.name} was not refused, but ended otherwise: ${child.errorOutput}`)
  }
  const words = withNames(child.errorOutput, (peer) => cluster.nameOf(peer))
  screen.line(epochMs(), child.name, screen.style('red', words))
  screen.result(`The process of ${child.name} has ended with exit status ${end.code}.`)
}

/** A new node takes the place of one that will not come back, which is removed. */
export async function replace(teller: Storyteller, gone: Child): Promise<Child> {
  const { cluster, screen } = teller
  const joined = await joinAnew(teller)
  tellJoined(joined, teller)
  const limit = within(teller, `${gone.name} was not removed`)
  const lost = cluster.byName(gone.name)!
  const { leader, answer } = await removeMember(cluster, cluster.view(lost).peer!, limit)
  screen.line(
    epochMs(),
    leader.name,
    `removes ${gone.name}: ${describeAnswer({ type: 'change', ...answer })}`,
  )
  return joined.child
}
