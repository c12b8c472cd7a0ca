// Somebody puts an empty disk into a machine, and starts it under its old id: the others must notice, and let it in no more.
import { isMemberOf, type KnownConfiguration } from '../checkers/configurations.js'
import type { AnyServer, Nemesis } from './nemesis.js'

export function wipe(nemesis: Nemesis): boolean {
  const { cluster, administrator } = nemesis
  const victim = nemesis.one(cluster.up)
  if (nemesis.wiping || victim === undefined || !administrator.canLose(victim)) return false
  // Two of the first members with nothing on their disks would take each other for the cluster, as at its beginning.
  if (cluster.servers.some(({ state, parts }) => parts.view.wiped && state !== 'refused')) return false
  const { voters } = cluster.history.configurations.first
  if (voters.length === 1 && voters[0] === victim.id) return false
  // The survivor of a recovery would be of the first generation again, and know nobody who is still there (seed 7553).
  if (cluster.generation > 0 && voters.includes(victim.id)) return false
  const others = countingWith(nemesis, victim)
  if (others.length === 0) return false
  if (!voters.includes(victim.id) && others.every((server) => knowsForGood(nemesis, server, victim))) {
    nemesis.world.coverage.hit('membership: wiped while its incarnation is committed')
    replaceDisk(victim, cluster.generation)
    return true
  }
  // What nobody has on disk must not be forgotten meanwhile: nobody else goes down until it has been noticed. Who has not heard
  // of the victim yet would take the new disk for the first one (seed 640).
  const known = inUse(nemesis, victim).every(
    (server) =>
      others.includes(server) &&
      server.isUp &&
      cluster.network.endpoint(server.id)?.links.get(victim.id)?.isUp === true,
  )
  if (known) wipeWatched(nemesis, victim)
  return known
}

function inUse({ cluster }: Nemesis, victim: AnyServer): AnyServer[] {
  return cluster.servers.filter(
    (server) => server !== victim && server.state !== 'refused' && server.state !== 'removed',
  )
}

/** Whoever could count a vote of `victim`: those that have left, or have not joined, do not. */
function countingWith(nemesis: Nemesis, victim: AnyServer): AnyServer[] {
  return inUse(nemesis, victim).filter(({ parts: { view } }) =>
    [view.configuration, view.durableConfiguration].some((one) => isMemberOf(one, victim.id)),
  )
}

/** It has on disk, in a committed entry that it will not lose, which storage is the right one. */
function knowsForGood({ cluster }: Nemesis, { parts: { view } }: AnyServer, victim: AnyServer): boolean {
  const { history } = cluster
  const log = view.durableLog
  const isCommitted = (index: number): boolean => history.committed[index - 1]?.term === log[index - 1]
  const names = ({ members }: KnownConfiguration): boolean =>
    members?.find(({ id }) => id === victim.id)?.incarnation !== undefined
  const configuration = history.configurations.inForce(log.length, (index) =>
    isCommitted(index) ? log[index - 1] : undefined,
  )
  return names(configuration) && names(view.configuration) && names(view.durableConfiguration)
}

function replaceDisk(victim: AnyServer, generation: number): void {
  const { disk, view } = victim.parts
  victim.crash()
  disk.wipe()
  victim.generation = generation
  disk.faults = { ...disk.faults, failedWrite: 0, failedRead: 0, failedName: 0, hungWrite: 0 }
  view.wipe()
}

function wipeWatched(nemesis: Nemesis, victim: AnyServer): void {
  const { cluster, world } = nemesis
  const others = cluster.servers.filter((server) => server !== victim && server.state !== 'refused')
  nemesis.wiping = true
  for (const { process, parts } of others) {
    process?.crashAt(Number.POSITIVE_INFINITY, false)
    parts.disk.faults = { ...parts.disk.faults, failedWrite: 0, failedRead: 0, failedName: 0 }
    parts.disk.isFull = false
  }
  replaceDisk(victim, cluster.generation)
  const watch = (): void => {
    if (victim.state !== 'refused') return void world.after(20, watch)
    nemesis.wiping = false
    if (nemesis.over) return
    for (const { parts } of others) parts.disk.faults = cluster.plan.disk
  }
  watch()
}
