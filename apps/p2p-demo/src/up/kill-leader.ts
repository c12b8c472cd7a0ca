// The death of a leader, and how long it is felt.
import { ms } from '../ui/answers.js'
import type { Child } from './child.js'
import { describeProbes, probe } from './probes.js'
import { type Storyteller, within } from './steps.js'

/** Resolves with the dead process. */
export async function killLeader(teller: Storyteller): Promise<Child> {
  const { cluster, screen } = teller
  const limit = within(teller, 'no write was acknowledged after the leader was killed')
  const { leader, followers, term } = await cluster.until(() => cluster.leadership(), limit)
  const survivor = followers[0]!
  const killedAt = cluster.kill(leader)
  screen.line(killedAt, leader.name, screen.style('red', `is killed, process ${leader.pid}`))
  const [count, next] = await Promise.all([
    probe(survivor, term, limit),
    cluster.until(() => cluster.leadership(), limit),
  ])
  const { key, receipt, at } = count.first
  const first = `put ${key}: acknowledged again, index ${receipt.index}, term ${receipt.term}`
  screen.line(at, survivor.name, first)
  screen.result(
    `${next.leader.name} leads term ${next.term}, elected ${ms(next.at - killedAt)} after the kill.`,
  )
  screen.result(screen.style('bold', `Writes were unavailable for ${ms(at - killedAt)}.`))
  screen.result(describeProbes(count))
  return leader
}
