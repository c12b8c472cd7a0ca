// The story the demo tells: begin, elect, write, read, kill the leader, go on, bring it back. Every number in it is
// measured.
import { isDurable } from '../node/choices.js'
import { majority } from '../ui/answers.js'
import { begin, elect, welcomeBack } from './begin.js'
import type { Child } from './child.js'
import { killLeader } from './kill-leader.js'
import { recover, tellRecovery } from './recovery.js'
import { readEverywhere, readFrom, writeThroughFollower } from './requests.js'
import { type Storyteller, within } from './steps.js'

/** A cluster that is there, with what it knows. @throws when a step fails */
export async function tellBeginning(teller: Storyteller): Promise<void> {
  const { screen, home } = teller
  const { size } = home.settings
  await begin(teller)

  screen.chapter('They elect a leader')
  screen.say(
    `A majority (${majority(size)} of ${size}) votes for one leader per term. All writes go through it.`,
  )
  await elect(teller)
  if (home.continues) await welcomeBack(teller)
}

/** @throws when a step fails */
export async function tellStory(teller: Storyteller): Promise<void> {
  const { screen, home } = teller
  const { size, storage } = home.settings
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
  const killed = await killLeader(teller)

  screen.chapter('Nothing acknowledged is lost, and the cluster works on')
  screen.say('The old value is read from every survivor; then a new one is written and read.')
  await readEverywhere(teller, 'river', 'Rhine')
  await writeThroughFollower(teller, 'river', 'Danube')
  await readEverywhere(teller, 'river', 'Danube')

  screen.chapter('The killed process comes back')
  if (!isDurable(storage)) return screen.say(NO_RETURN)
  await bringBack(teller, killed)
}

/** Why a node that stores in memory is not started again. */
export const NO_RETURN: string =
  'Not with --storage memory: with its process it has forgotten its log and its votes. A node that could vote twice in ' +
  'one term could elect two leaders, so the others would refuse it (ERR_INCARNATION_CHANGED).'

async function bringBack(teller: Storyteller, killed: Child): Promise<void> {
  const { cluster, screen, home } = teller
  const { size } = home.settings
  screen.say(
    'The same command, the same directory: who it is, its votes and its log are there. What it has missed, the leader sends.',
  )
  const limit = within(teller, `${killed.name} did not catch up`)
  const recovery = await recover(cluster, killed, limit)
  tellRecovery(recovery, screen)
  await readFrom(teller, recovery.child, 'river', 'Danube')

  screen.chapter('Its acknowledgement counts again')
  screen.say(`A write is held by ${size} of ${size}.`)
  await writeThroughFollower(teller, 'river', 'Elbe', size)
}
