// The story the demo tells: form, elect, write, read, kill the leader, recover. Every number in it is measured.

import { withoutPeerId } from '../form/addresses.js'
import { ms } from '../ui/answers.js'
import { killLeader } from './kill-leader.js'
import { readEverywhere, writeThroughFollower } from './requests.js'
import { majority, type Storyteller, within } from './steps.js'

/** @throws when a step fails */
export async function tellStory(teller: Storyteller): Promise<void> {
  const { screen, size } = teller
  screen.chapter(`${size} processes find each other`)
  screen.say(
    'Each makes its own key, and its PeerId follows from it. One creates the cluster. The others know the name of the ' +
      'cluster and one address, connect by libp2p (encrypted, and each side proves its PeerId), and ask to be let in.',
  )
  await form(teller)

  screen.chapter('They elect a leader')
  screen.say(
    `A majority (${majority(size)} of ${size}) votes for one leader per term. All writes go through it.`,
  )
  await elect(teller)

  screen.chapter('A write through a follower')
  screen.say(
    'Any node takes a write. A follower passes it on to the leader, who answers when a majority holds it: from then on ' +
      'it survives the loss of any minority.',
  )
  await writeThroughFollower(teller, 'river', 'Rhine')

  screen.chapter(`The same value, read from all ${size}`)
  screen.say(
    'Every read is linearizable: the leader confirms with a majority that it still leads, and the node that was asked ' +
      'waits until it has applied everything acknowledged before.',
  )
  await readEverywhere(teller, 'river', 'Rhine')

  screen.chapter('The leader is killed')
  screen.say(
    'SIGKILL: no goodbye. A survivor goes on writing, a new key every few milliseconds, until a write is acknowledged ' +
      'again.',
  )
  await killLeader(teller)

  screen.chapter('Nothing acknowledged is lost, and the cluster works on')
  screen.say('The old value is read from every survivor; then a new one is written and read.')
  await readEverywhere(teller, 'river', 'Rhine')
  await writeThroughFollower(teller, 'river', 'Danube')
  await readEverywhere(teller, 'river', 'Danube')
}

async function form(teller: Storyteller): Promise<void> {
  const { cluster, size } = teller
  const limit = within(teller, 'the cluster was not formed')
  const creator = cluster.startCreator()
  const address = await cluster.until(() => cluster.view(creator).addresses?.[0], limit)
  // The PeerId is left out on purpose: it travels over libp2p.
  const bootstrap = withoutPeerId(address)
  for (let started = 1; started < size; started += 1) cluster.startJoiner(bootstrap)
  const allFormed = () => cluster.children.every((child) => cluster.view(child).formedAt !== undefined)
  await cluster.until(() => allFormed() || undefined, limit)
}

async function elect(teller: Storyteller): Promise<void> {
  const { cluster, screen } = teller
  const limit = within(teller, 'no leader was elected')
  const { leader, term, at } = await cluster.until(() => cluster.leadership(), limit)
  const formedAt = Math.min(...cluster.children.map((child) => cluster.view(child).formedAt!))
  screen.result(
    `${leader.name} leads term ${term}, elected ${ms(at - formedAt)} after the members were agreed.`,
  )
}
