// Leadership is handed over, and how long that is felt.
import { describeAnswer, ms } from '../ui/answers.js'
import { askLeader } from './members.js'
import { describeProbes, probe } from './probes.js'
import { type Storyteller, within } from './steps.js'

export async function handOver(teller: Storyteller): Promise<void> {
  const { cluster, screen } = teller
  const limit = within(teller, 'leadership was not handed over')
  const { followers, term } = await cluster.until(() => cluster.leadership(), limit)
  // Who passes the writes on is neither the old leader nor, if there is another, the next one.
  const [to, through = to] = [...followers].reverse()
  const successor = cluster.view(to!).peer!
  const [count, { leader, answer }] = await Promise.all([
    probe(through!, term, limit),
    askLeader<'transfer'>(cluster, { type: 'transfer', to: successor }, limit),
  ])
  const next = await cluster.until(() => cluster.leadership(), limit)
  if (next.term === term) throw new Error(`${leader.name} still leads term ${term}`)
  const done = describeAnswer({ type: 'transfer', ...answer })
  screen.result(`${leader.name} ${done} to ${cluster.nameOf(answer.leader)}, who leads term ${next.term}.`)
  screen.result(screen.style('bold', `No write waited longer than ${ms(count.longestMs)}.`))
  screen.result(describeProbes(count))
}
