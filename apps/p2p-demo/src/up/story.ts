// The story the demo tells: a cluster forms, writes, reads, loses its leader and gets it back, grows, changes its leader and
// replaces a node whose disk was wiped. Every number in it is measured.
import { isDurable } from '../node/choices.js'
import { comeBack, create, joinTogether } from './begin.js'
import type { Child } from './child.js'
import { grow } from './grow.js'
import { handOver } from './hand-over.js'
import { killLeader } from './kill-leader.js'
import { recover, tellRecovery } from './recovery.js'
import { readEverywhere, readFrom, writeThroughFollower } from './requests.js'
import { type Storyteller, within } from './steps.js'
import { refuse, replace, wipe } from './wipe.js'

/** A cluster that is there, with what it knows. @throws when a step fails */
export async function tellBeginning(teller: Storyteller): Promise<void> {
  if (teller.home.continues) return comeBack(teller)
  await create(teller)
  await joinTogether(teller)
}

/** @throws when a step fails */
export async function tellStory(teller: Storyteller): Promise<void> {
  const { screen, cluster, home } = teller
  screen.chapter('A write through a follower')
  screen.say(
    'Any node takes a write. A follower passes it on to the leader, who answers when a majority holds it: from then on ' +
      'it survives the loss of any minority.',
  )
  await writeThroughFollower(teller, 'river', 'Rhine')

  screen.chapter(`The same value, read from all ${cluster.living.length}`)
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

  const durable = isDurable(home.settings.storage)
  await (durable ? bringBack(teller, killed) : replaceForgetful(teller, killed))
  // A cluster that continues may have grown before.
  if (cluster.voters.length <= home.settings.size) await letGrow(teller)
  await changeLeader(teller)
  if (durable) await replaceWiped(teller)
}

async function bringBack(teller: Storyteller, killed: Child): Promise<void> {
  const { cluster, screen } = teller
  screen.chapter('The killed process comes back')
  screen.say(
    'The same command, the same directory: who it is, its votes and its log are there. What it has missed, the leader ' +
      'sends. Then its acknowledgement counts again.',
  )
  const limit = within(teller, `${killed.name} did not catch up`)
  const recovery = await recover(cluster, killed, limit)
  tellRecovery(recovery, screen)
  await readFrom(teller, recovery.child, 'river', 'Danube')
  await writeThroughFollower(teller, 'river', 'Elbe', cluster.voters.length)
}

const ORDINALS: Readonly<Record<number, string>> = { 3: 'fourth', 4: 'fifth', 5: 'sixth' }

async function letGrow(teller: Storyteller): Promise<void> {
  const { cluster, screen } = teller
  screen.chapter(`A ${ORDINALS[cluster.voters.length] ?? 'further'} node joins`)
  screen.say(
    'While the cluster works, and with a log to catch up with. It is a learner until then. After that the old majority and ' +
      'the new one both have to agree (joint consensus), so that at no moment two leaders could be elected.',
  )
  const child = await grow(teller)
  await readFrom(teller, child, 'river', (await lastRiver(teller))!)
}

/** What the story has come to. */
async function lastRiver({ cluster }: Storyteller): Promise<string | null> {
  const { value } = await cluster.living[0]!.ask({ type: 'get', key: 'river' }, 5_000)
  return value
}

async function changeLeader(teller: Storyteller): Promise<void> {
  const { screen } = teller
  screen.chapter('Leadership is handed over')
  screen.say(
    'As before maintenance: the leader brings its successor up to date and tells it to stand for election at once. A ' +
      'follower goes on writing meanwhile.',
  )
  await handOver(teller)
}

async function replaceWiped(teller: Storyteller): Promise<void> {
  const { cluster, screen } = teller
  screen.chapter("A node's disk is wiped")
  screen.say(
    'It has forgotten its votes. A node that could vote twice in one term could elect two leaders, so the others do not ' +
      'take it back under its old identity, though it knows the secret.',
  )
  const wiped = await wipe(teller)
  await refuse(teller, wiped)
  await joinInstead(teller, wiped)
  await writeThroughFollower(teller, 'river', 'Oder', cluster.voters.length)
}

/** With --storage memory every killed node is one whose disk was wiped. */
async function replaceForgetful(teller: Storyteller, killed: Child): Promise<void> {
  const { screen, cluster } = teller
  screen.chapter('The killed process has forgotten everything')
  screen.say(
    'With --storage memory its log and its votes have ended with it. A node that could vote twice in one term could elect ' +
      'two leaders, so the others do not take it back under its old identity, though it knows the secret.',
  )
  await refuse(teller, killed)
  await joinInstead(teller, killed)
  await writeThroughFollower(teller, 'river', 'Elbe', cluster.voters.length)
}

async function joinInstead(teller: Storyteller, gone: Child): Promise<void> {
  const { screen, home } = teller
  screen.chapter('It joins anew')
  const how = home.settings.transport === 'libp2p' ? 'with a new key' : 'under a new name'
  screen.say(`As a new node, ${how}, which has promised nobody anything. Then the old one is removed.`)
  const expected = (await lastRiver(teller))!
  const child = await replace(teller, gone)
  await readFrom(teller, child, 'river', expected)
}

/** Why a node that stores in memory is not started again at the prompt. */
export const NO_RETURN: string =
  'Not with --storage memory: with its process it has forgotten its log and its votes, and the others would refuse it ' +
  '(ERR_JOIN_REFUSED). "add" lets a new one join, "remove" removes the old one.'
