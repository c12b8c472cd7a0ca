// What a nemesis does to the members: they come and go, several at once, whatever else happens at the moment.
import type { Member, MembershipChange } from '@riverraft/core'
import type { ChangeCall } from '../checkers/change-call.js'
import { targetsOf } from '../checkers/change-call.js'
import { isQuorum, isVoterOf } from '../checkers/configurations.js'
import { interrupt } from './interrupt.js'
import type { AnyServer, Nemesis } from './nemesis.js'
import type { ChurnAct } from './plan.js'
import { recover } from './recover.js'
import type { ServerState } from './server.js'

/** More than so many machines are never in use. */
const SERVERS_MAX = 9
const VOTERS_MAX = 7
/** In one of so many cases somebody else than the leader is asked. */
const WRONG_SERVER = 16

const LIVES: ReadonlySet<ServerState> = new Set(['down', 'starting', 'up', 'stopping'])

type Perform = (nemesis: Nemesis) => boolean

/** Somebody who believes to lead, and can be asked now. */
function whom(nemesis: Nemesis): AnyServer | undefined {
  const { cluster, tape, wiping } = nemesis
  if (wiping) return undefined
  const { leader } = cluster
  const server = tape.below(WRONG_SERVER) === WRONG_SERVER - 1 ? nemesis.one(cluster.up) : leader
  return server?.process?.paused === false ? server : undefined
}

/** Who may be named: a member in its final role, in no change that is under way. */
function inRole(nemesis: Nemesis, leader: AnyServer, role: Member['role']): AnyServer[] {
  const { configuration } = leader.parts.view
  const ids = role === 'voter' ? configuration.voters : configuration.learners
  return nemesis.cluster.servers.filter(({ id }) => ids.includes(id))
}

/** Asks for it, if the cluster can bear that, and perhaps gets in the way of it. */
function change(
  nemesis: Nemesis,
  leader: AnyServer,
  wanted: MembershipChange,
  newcomers: readonly AnyServer[] = [],
  answered?: (call: ChangeCall) => void,
): boolean {
  const { administrator, tape, cluster } = nemesis
  const final = targetsOf(leader.parts.view.configuration, wanted).at(-1)!
  // A change beside another one is refused: now and then that is tried, too.
  const isFirst = administrator.open === 0 || tape.below(4) === 3
  if (!isFirst || !administrator.canBecome(final)) {
    for (const newcomer of newcomers) cluster.retire(newcomer)
    return false
  }
  const expectedIndex = tape.below(3) === 2 ? leader.node?.status().membersIndex : undefined
  const force = tape.below(4) === 3
  const timeoutMs = 500 + 8_000 * tape.fraction()
  const asked = { ...wanted, force, ...(expectedIndex === undefined ? {} : { expectedIndex }) }
  administrator.ask(leader, asked, { timeoutMs, ...(answered === undefined ? {} : { answered }) }, newcomers)
  // Some machines are started when they are expected already.
  for (const newcomer of newcomers) if (tape.below(3) > 0) newcomer.start()
  interrupt(nemesis, leader)
  return true
}

function newServers(nemesis: Nemesis, count: number): AnyServer[] {
  const { cluster } = nemesis
  const free = SERVERS_MAX - cluster.servers.length
  return Array.from({ length: Math.min(count, free) }, () => cluster.add())
}

const asMember =
  (role: Member['role']) =>
  (server: AnyServer): Member => ({ id: server.id, address: server.address, role })

function add(nemesis: Nemesis, role: 'voter' | 'learner'): boolean {
  const leader = whom(nemesis)
  if (leader === undefined) return false
  if (role === 'voter' && leader.parts.view.configuration.voters.length >= VOTERS_MAX) return false
  const newcomers = newServers(nemesis, 1 + (nemesis.tape.below(4) === 3 ? 1 : 0))
  return newcomers.length > 0 && change(nemesis, leader, { add: newcomers.map(asMember(role)) }, newcomers)
}

/** One call names one or two of `those`. */
function some(nemesis: Nemesis, those: readonly AnyServer[]): string[] {
  const first = nemesis.one(those)
  if (first === undefined) return []
  const second = nemesis.tape.below(4) === 3 ? nemesis.one(those) : undefined
  return [...new Set([first, second ?? first])].map(({ id }) => id)
}

/** New voters in the place of old ones, all in one call. */
function replace(nemesis: Nemesis, candidates: (leader: AnyServer) => readonly AnyServer[]): boolean {
  const leader = whom(nemesis)
  if (leader === undefined) return false
  const remove = some(nemesis, candidates(leader))
  const newcomers = newServers(nemesis, remove.length)
  if (remove.length === 0) return false
  return change(nemesis, leader, { add: newcomers.map(asMember('voter')), remove }, newcomers, ({ code }) => {
    if (code === 'ok') nemesis.world.coverage.hit('membership: replaced')
  })
}

export const changeMembers: Record<ChurnAct, Perform> = {
  'add-voter': (nemesis) => add(nemesis, 'voter'),
  'add-learner': (nemesis) => add(nemesis, 'learner'),
  promote: (nemesis) => {
    const leader = whom(nemesis)
    if (leader === undefined) return false
    const sound = inRole(nemesis, leader, 'learner').filter(({ isLost }) => !isLost)
    const promote = some(nemesis, sound)
    return promote.length > 0 && change(nemesis, leader, { promote })
  },
  demote: (nemesis) => {
    const leader = whom(nemesis)
    if (leader === undefined) return false
    const demote = some(nemesis, inRole(nemesis, leader, 'voter'))
    return demote.length > 0 && change(nemesis, leader, { demote })
  },
  remove: (nemesis) => {
    const leader = whom(nemesis)
    if (leader === undefined) return false
    const members = [...inRole(nemesis, leader, 'voter'), ...inRole(nemesis, leader, 'learner')]
    const remove = some(nemesis, members)
    return remove.length > 0 && change(nemesis, leader, { remove })
  },
  'remove-leader': (nemesis) => {
    const leader = whom(nemesis)
    if (leader === undefined || !leader.parts.view.configuration.voters.includes(leader.id)) return false
    return change(nemesis, leader, { remove: [leader.id] })
  },
  replace: (nemesis) => replace(nemesis, (leader) => inRole(nemesis, leader, 'voter')),
  /** It has lost its disk, or what was on it: it comes back as a new member, and the old one goes. */
  'replace-lost': (nemesis) =>
    replace(nemesis, (leader) => inRole(nemesis, leader, 'voter').filter(({ isLost }) => isLost)),
  /** It is started anew elsewhere, and the others are told. */
  move: (nemesis) => {
    const { administrator, cluster, tape, world } = nemesis
    const leader = whom(nemesis)
    const known = cluster.members.filter(
      ({ isLost, moving, state }) => !isLost && !moving && state !== 'removed',
    )
    const server = nemesis.one(known)
    if (leader === undefined || server === undefined || !administrator.canLose(server)) return false
    server.move(`${server.id}@${Math.round(world.now)}`, tape.below(2) === 1)
    if (tape.below(2) === 1) server.crash()
    return true
  },
  /** Its members are not those that it expects: nothing may come of it. */
  'stale-change': (nemesis) => {
    const leader = whom(nemesis)
    if (leader?.node === undefined) return false
    const { membersIndex } = leader.node.status()
    const away = 1 + nemesis.tape.below(3)
    const expectedIndex = membersIndex < away ? membersIndex + 1_000_000 : membersIndex - away
    const add = [{ id: 'nobody', address: 'nowhere', role: 'learner' as const }]
    nemesis.administrator.ask(leader, { add, expectedIndex }, { timeoutMs: 2_000 })
    return true
  },
  /** Somebody starts a server that was told to go. It knows that it is out, or asks for votes in vain. */
  'restart-removed': (nemesis) => {
    const server = nemesis.one(nemesis.cluster.servers.filter(({ state }) => state === 'removed'))
    if (server === undefined || nemesis.wiping) return false
    server.state = 'down'
    server.start()
    return true
  },
  /** An id comes back, with an empty disk, while what its server once said may still be under way. */
  'come-back': (nemesis) => {
    const { cluster } = nemesis
    const leader = whom(nemesis)
    const id = nemesis.one(
      [...new Set(cluster.retired.filter(({ boots }) => boots > 0).map((server) => server.id))].filter(
        (one) => mayComeBack(nemesis, one),
      ),
    )
    if (leader === undefined || id === undefined || cluster.servers.length >= SERVERS_MAX) return false
    const newcomer = cluster.add(id)
    const role = nemesis.tape.below(2) === 1 ? 'voter' : 'learner'
    return change(nemesis, leader, { add: [asMember(role)(newcomer)] }, [newcomer])
  },
  recover,
  'left-behind': leftBehind,
}

/** One of those comes back that the cluster was recovered without: nobody of the new generation listens to it. */
function leftBehind(nemesis: Nemesis): boolean {
  const { cluster, wiping } = nemesis
  const { history, servers } = cluster
  // More of them would be a quorum of what they know: people have to keep those down.
  const mayReturn = ({ id, parts: { view } }: AnyServer): boolean =>
    history.view(id) === view &&
    ![view.durableConfiguration, view.configuration].some((one) => isQuorum(one, (other) => other === id))
  const server = nemesis.one(cluster.leftBehind.filter(mayReturn))
  const isAlone = !servers.some((other) => goesOnAsBefore(other, cluster.generation))
  if (wiping || server === undefined || !isAlone || servers.length >= SERVERS_MAX) return false
  cluster.leftBehind.splice(cluster.leftBehind.indexOf(server), 1)
  servers.push(server)
  server.state = 'down'
  server.start()
  return true
}

/** It knows nothing of the recovery, and has not ended: it may be between two of its lives (seed 26929). */
function goesOnAsBefore({ state, parts: { view } }: AnyServer, generation: number): boolean {
  return view.incarnation !== undefined && view.generation < generation && LIVES.has(state)
}

/**
 * Whoever counted its votes could take the new server for the old one, unless it knows the old one's storage from a
 * committed entry. One of the first members would even believe to be one again, with nothing in its log.
 */
function mayComeBack({ cluster }: Nemesis, id: string): boolean {
  const { history, servers } = cluster
  const isFirst = history.configurations.first.members?.some((member) => member.id === id)
  if (isFirst || servers.some((server) => server.id === id)) return false
  return servers.every(({ parts: { view } }) =>
    [view.configuration, view.durableConfiguration].every(
      (configuration) =>
        !isVoterOf(configuration, id) ||
        configuration.members?.find((member) => member.id === id)?.incarnation !== undefined,
    ),
  )
}
