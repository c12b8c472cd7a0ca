// How the story begins: one process creates a cluster and the others join it, or all come back from their directory.
import { describeListing, ms } from '../ui/answers.js'
import { startJoining, tellJoined, untilJoined } from './join.js'
import { STEP_TIMEOUT_MS, type Storyteller, within } from './steps.js'

/** One node, alone: a cluster of one. */
export async function create(teller: Storyteller): Promise<void> {
  const { cluster, screen, home } = teller
  const { transport, seats } = home.settings
  screen.chapter('A node creates a cluster')
  screen.say(
    `${transport === 'libp2p' ? 'It makes its own key, and its PeerId follows from it. ' : ''}It is the only member, and so a ` +
      'majority: it elects itself. Whoever proves to know the secret of the cluster may join it.',
  )
  const limit = within(teller, 'the cluster was not created')
  const first = cluster.start(seats[0]!, ['--create'])
  const { term, at } = await cluster.until(() => cluster.leadership(), limit)
  const startedAt = cluster.view(first).started?.at ?? at
  screen.result(`${first.name} leads term ${term}, ${ms(at - startedAt)} after it began to run Raft.`)
}

/** The others ask to be let in, all at the same time. */
export async function joinTogether(teller: Storyteller): Promise<void> {
  const { cluster, screen, home } = teller
  const [, ...seats] = home.settings.seats
  screen.chapter(`${names(seats.map(({ name }) => name))} join it`)
  screen.say(
    'Each knows the name of the cluster, one address and the secret, and proves that it knows the secret without sending ' +
      `it. ${home.settings.transport === 'libp2p' ? 'The connections are encrypted, and each side proves its PeerId. ' : ''}` +
      'Let in, it gets the log as a learner, which no majority counts, and becomes a voter when it has caught up.',
  )
  const joined = await Promise.all(
    seats.map(async (seat) => untilJoined(teller, await startJoining(teller, seat))),
  )
  for (const one of joined) tellJoined(one, teller)
  screen.result(`${cluster.voters.length} voters now: a majority is ${cluster.majority}.`)
}

const names = (list: readonly string[]) => `${list.slice(0, -1).join(', ')} and ${list.at(-1)}`

/** Everybody who is there, from what the directory holds. */
export async function comeBack(teller: Storyteller): Promise<void> {
  const { cluster, screen, home } = teller
  const { seats } = home.settings
  screen.chapter(`${seats.length} processes come back`)
  screen.say(`Key, secret and log of each are in ${home.directory}. Whoever was a member still is.`)
  const limit = within(teller, 'not every process has become a member again')
  const [first, ...others] = seats
  const one = cluster.start(first!, ['--create'])
  const via = await cluster.until(() => cluster.view(one).addresses?.[0], limit)
  for (const seat of others) cluster.start(seat, ['--join', via])
  await cluster.until(() => cluster.children.every((child) => cluster.isMember(child)) || undefined, limit)

  screen.chapter('They elect a leader')
  screen.say(
    `A majority (${cluster.majority} of ${cluster.voters.length}) votes for one leader per term. All writes go through it.`,
  )
  await elect(teller)
  await welcomeBack(teller)
}

async function elect(teller: Storyteller): Promise<void> {
  const { cluster, screen } = teller
  const limit = within(teller, 'no leader was elected')
  const { leader, term, at } = await cluster.until(() => cluster.leadership(), limit)
  const started = cluster.children.map((child) => cluster.view(child).started?.at ?? at)
  const readyAt = started.sort((a, b) => a - b)[cluster.majority - 1]!
  screen.result(`${leader.name} leads term ${term}, elected ${ms(at - readyAt)} after a majority was up.`)
}

/** What has come back, read from the new leader's cluster. */
async function welcomeBack(teller: Storyteller): Promise<void> {
  const { cluster, screen } = teller
  const limit = within(teller, 'what was stored could not be read')
  const { leader } = await cluster.until(() => cluster.leadership(), limit)
  const listing = await leader.ask({ type: 'list', prefix: '' }, STEP_TIMEOUT_MS)
  const found = cluster.children.map((child) => cluster.view(child).started?.lastIndex ?? 0)
  const entries = Math.max(...found)
  screen.result(
    screen.style('bold', `Welcome back: ${entries} entries were stored; ${describeListing(listing)}.`),
  )
}
