// How the story begins: a cluster forms, its members are told of each other, or it comes back from its directory.
import { withoutPeerId } from '../form/addresses.js'
import { describeListing, majority, ms } from '../ui/answers.js'
import { STEP_TIMEOUT_MS, type Storyteller, within } from './steps.js'

export async function begin(teller: Storyteller): Promise<void> {
  const { screen, home } = teller
  const { size, transport } = home.settings
  if (home.continues) {
    screen.chapter(`${size} processes come back`)
    screen.say(`Key, members and log of each are in ${home.directory}. Nothing is formed again.`)
  } else if (transport === 'libp2p') {
    screen.chapter(`${size} processes find each other`)
    screen.say(
      'Each makes its own key, and its PeerId follows from it. One creates the cluster. The others know the name of the ' +
        'cluster and one address, connect by libp2p (encrypted, and each side proves its PeerId), and ask to be let in.',
    )
  } else {
    screen.chapter(`${size} processes are told of each other`)
    screen.say(
      `Over ${transport} nobody is found and nobody proves who it is: each is told its name and the same list of addresses.`,
    )
  }
  await (transport === 'libp2p' ? form(teller) : startListed(teller))
}

async function form(teller: Storyteller): Promise<void> {
  const { cluster, home } = teller
  const limit = within(teller, 'the cluster was not formed')
  const { size, seats } = home.settings
  const [first, ...others] = seats
  const creator = cluster.start(first!, ['--create', '--size', String(size)])
  const address = await cluster.until(() => cluster.view(creator).addresses?.[0], limit)
  // The PeerId is left out on purpose: it travels over libp2p.
  const bootstrap = withoutPeerId(address)
  for (const seat of others) cluster.start(seat, ['--bootstrap', bootstrap])
  await untilEverybody(teller, limit, (child) => cluster.view(child).formedAt !== undefined)
}

async function startListed(teller: Storyteller): Promise<void> {
  const { cluster, home } = teller
  const limit = within(teller, 'not every process has started')
  const { seats } = home.settings
  const list = seats.map(({ name, address }) => `${name}=${address}`).join(',')
  for (const seat of seats) cluster.start(seat, ['--members', list])
  await untilEverybody(teller, limit, (child) => cluster.view(child).started !== undefined)
}

async function untilEverybody(
  { cluster }: Storyteller,
  limit: AbortSignal,
  holds: (child: Storyteller['cluster']['children'][number]) => boolean,
): Promise<void> {
  await cluster.until(() => cluster.children.every(holds) || undefined, limit)
}

export async function elect(teller: Storyteller): Promise<void> {
  const { cluster, screen, home } = teller
  const limit = within(teller, 'no leader was elected')
  const { leader, term, at } = await cluster.until(() => cluster.leadership(), limit)
  const views = cluster.children.map((child) => cluster.view(child))
  const { size, transport } = home.settings
  const formed = transport === 'libp2p' && !home.continues
  const readyAt = formed
    ? Math.min(...views.map(({ formedAt }) => formedAt!))
    : views.map(({ started }) => started?.at ?? at).sort((a, b) => a - b)[majority(size) - 1]!
  const since = formed ? 'the members were agreed' : 'a majority was up'
  screen.result(`${leader.name} leads term ${term}, elected ${ms(at - readyAt)} after ${since}.`)
}

/** What has come back, read from the new leader's cluster. */
export async function welcomeBack(teller: Storyteller): Promise<void> {
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
