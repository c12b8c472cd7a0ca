// Gets in the way of a change of the members at a drawn step of it: the leader dies, is cut off, hands over, or somebody
// else dies (etcd#12136).
import type { AnyServer, Nemesis } from './nemesis.js'

const PATIENCE_MS = 4_000
/** Drawn from these; most changes are left alone. */
export const WAYS = [
  'nothing',
  'nothing',
  'nothing',
  'leader dies at a call',
  'leader dies',
  'somebody dies at a call',
  'isolate-leader',
  'partition-two-sided',
  'transfer',
  'take-snapshot',
  'pause-leader',
  'another change',
] as const

/** Waits for the first, second or third configuration that `leader` uses from now on. */
export function interrupt(nemesis: Nemesis, leader: AnyServer): void {
  const { tape, world, cluster } = nemesis
  const way = WAYS[tape.below(WAYS.length)]!
  if (way === 'nothing') return
  let steps = 1 + tape.below(3)
  const calls = 1 + tape.below(16)
  const after = tape.below(2) === 1
  const until = world.now + PATIENCE_MS
  cluster.observation.afterEvent = (node, event) => {
    if (nemesis.over || nemesis.wiping || world.now > until) {
      cluster.observation.afterEvent = undefined
      return
    }
    if (event.type !== 'MembershipChanged' || node !== leader.parts.view || --steps > 0) return
    cluster.observation.afterEvent = undefined
    world.coverage.hit(`membership: change met by: ${way}`)
    // Not in the middle of a turn, unless it is at a call.
    if (way === 'leader dies at a call') return leader.process?.crashAt(calls, after)
    world.soon(() => {
      if (!nemesis.over && !nemesis.wiping) perform(nemesis, leader, way, calls, after)
    })
  }
}

function perform(
  nemesis: Nemesis,
  leader: AnyServer,
  way: (typeof WAYS)[number],
  calls: number,
  after: boolean,
): void {
  switch (way) {
    case 'leader dies':
      return leader.crash()
    case 'somebody dies at a call':
      return nemesis.one(nemesis.cluster.up)?.process?.crashAt(calls, after)
    case 'pause-leader': {
      const { process } = leader
      process?.pause()
      nemesis.later(50, 1_500, () => process?.resume())
      return
    }
    case 'another change': {
      // It asks for nothing: nobody would notice, but that one is under way.
      const { id, address, parts } = leader
      const { voters } = parts.view.configuration
      const self = { id, address, role: voters.includes(id) ? ('voter' as const) : ('learner' as const) }
      return nemesis.administrator.ask(leader, { add: [self] }, { timeoutMs: 2_000 })
    }
    case 'isolate-leader':
    case 'partition-two-sided':
    case 'transfer':
    case 'take-snapshot':
      nemesis.act(way)
      return
    default:
  }
}
