// A voter between a leader and those who cannot hear it dies again and again, and is back at once: it has forgotten whom
// it promised to keep quiet for, and they go on asking.
import { cut } from './acts-network.js'
import type { Nemesis } from './nemesis.js'

const TIMES = 4

export function forgetLeader(nemesis: Nemesis): boolean {
  const { cluster, world, tape } = nemesis
  const { leader, servers } = cluster
  // Each side needs the voter for its quorum.
  if (leader === undefined || servers.length % 2 === 0 || servers.length < 3) return false
  const [voter, ...rest] = servers.filter((server) => server !== leader)
  const half = (servers.length - 1) / 2
  const withLeader = [leader, ...rest.slice(0, half - 1)]
  const without = rest.slice(half - 1)
  const { term } = leader.parts.view
  cut(nemesis, withLeader, without)
  cut(nemesis, without, withLeader)
  let times = 0
  const again = (): void => {
    world.after(200 + 400 * tape.fraction(), () => {
      const { role, term: present } = leader.parts.view
      if (nemesis.over || nemesis.wiping || role !== 'leader' || present !== term || !voter!.isUp) return
      world.coverage.hit('crash of a voter between its leader and others')
      voter!.crash()
      world.after(1 + 20 * tape.fraction(), () => voter!.start())
      if (++times < TIMES) again()
    })
  }
  again()
  return true
}
