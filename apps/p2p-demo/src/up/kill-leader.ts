// The death of a leader, and how long it is felt.
import { ms } from '../ui/answers.js'
import type { Child } from './child.js'
import { measureOutage, type Outage } from './outage.js'
import { type Storyteller, within } from './steps.js'

/** Resolves with the dead process. */
export async function killLeader(teller: Storyteller): Promise<Child> {
  const { cluster, screen } = teller
  const limit = within(teller, 'no write was acknowledged after the leader was killed')
  const { leader, followers, term } = await cluster.until(() => cluster.leadership(), limit)
  const survivor = followers[0]!
  const killedAt = cluster.kill(leader)
  screen.line(killedAt, leader.name, screen.style('red', `is killed, process ${leader.pid}`))
  const [outage, next] = await Promise.all([
    measureOutage(survivor, killedAt, term, limit),
    cluster.until(() => cluster.leadership(), limit),
  ])
  const { key, receipt, unavailableMs } = outage
  const first = `put ${key}: acknowledged again, index ${receipt.index}, term ${receipt.term}`
  screen.line(killedAt + unavailableMs, survivor.name, first)
  screen.result(
    `${next.leader.name} leads term ${next.term}, elected ${ms(next.at - killedAt)} after the kill.`,
  )
  screen.result(screen.style('bold', `Writes were unavailable for ${ms(unavailableMs)}.`))
  screen.result(countProbes(outage))
  return leader
}

function countProbes({ probes, acknowledged, refused, unknown, unknownApplied }: Outage): string {
  const parts = [`${probes} writes were tried meanwhile: ${acknowledged} acknowledged`]
  if (refused > 0) parts.push(`${refused} refused and certainly not applied`)
  if (unknown > 0) parts.push(`${unknown} of unknown outcome (a read now finds ${unknownApplied} of them)`)
  return `${parts.join(', ')}.`
}
