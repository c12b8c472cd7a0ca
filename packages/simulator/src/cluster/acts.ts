// What a nemesis does, act by act. An act returns false when it had no opportunity.
import { changeMembers } from './acts-membership.js'
import { hitPartitions } from './acts-network.js'
import { crashWriting } from './crash-writing.js'
import { forgetLeader } from './forget-leader.js'
import type { AnyServer, Nemesis } from './nemesis.js'
import { overtakenInstall } from './overtaken-install.js'
import { type Act, CLOCK_DRIFT_MAX } from './plan.js'
import { seeSaw } from './see-saw.js'
import { wipe } from './wipe.js'

type Perform = (nemesis: Nemesis) => boolean

function crash(nemesis: Nemesis, server: AnyServer | undefined): boolean {
  if (server === undefined || nemesis.wiping) return false
  server.crash()
  return true
}

function withProcess(nemesis: Nemesis, act: (server: AnyServer) => void): boolean {
  const server = nemesis.one(nemesis.cluster.up)
  if (server === undefined) return false
  act(server)
  return true
}

/** Damages what a server wrote long ago, and starts it anew: it refuses, or it has everything. */
function rot(nemesis: Nemesis): boolean {
  const { cluster } = nemesis
  const victim = nemesis.one(cluster.up)
  if (nemesis.wiping || victim === undefined || !nemesis.administrator.canLose(victim)) return false
  victim.crash()
  const damaged = victim.parts.disk.rot()
  victim.rotten ||= damaged
  victim.parts.view.rotten ||= damaged
  return damaged
}

export const ACT_TABLE: Record<Act, Perform> = {
  ...hitPartitions,
  ...changeMembers,
  crash: (nemesis) => crash(nemesis, nemesis.one(nemesis.cluster.up)),
  'crash-leader': (nemesis) => crash(nemesis, nemesis.cluster.leader),
  'crash-all': (nemesis) => {
    if (nemesis.wiping) return false
    for (const server of nemesis.cluster.servers) server.crash()
    return true
  },
  'crash-at-call': (nemesis) =>
    !nemesis.wiping &&
    withProcess(nemesis, ({ process }) =>
      process?.crashAt(1 + nemesis.tape.below(30), nemesis.tape.below(2) === 1),
    ),
  /** Now and then it dies before it has stopped. */
  stop: (nemesis) =>
    !nemesis.wiping &&
    withProcess(nemesis, (server) => {
      if (nemesis.tape.below(4) === 3)
        server.process?.crashAt(1 + nemesis.tape.below(4), nemesis.tape.below(2) === 1)
      server.stop()
    }),
  pause: (nemesis) =>
    withProcess(nemesis, ({ process }) => {
      process?.pause()
      nemesis.later(50, 3_000, () => process?.resume())
    }),
  'clock-rate': (nemesis) =>
    withProcess(nemesis, (server) => {
      const { clock } = server.parts
      clock.setRate(nemesis.world.now, 1 - CLOCK_DRIFT_MAX + nemesis.tape.below(6) / 10)
      server.process?.rearmTimers()
      nemesis.later(1_000, 20_000, () => {
        clock.heal(nemesis.world.now)
        server.process?.rearmTimers()
      })
    }),
  'clock-leap': (nemesis) =>
    // A suspended machine is outside of what leases promise.
    nemesis.cluster.plan.leases === undefined &&
    withProcess(nemesis, (server) => {
      server.parts.clock.leap(nemesis.world.now, 50 + 5_000 * nemesis.tape.fraction())
      server.process?.rearmTimers()
    }),
  transfer: (nemesis) => {
    const { cluster, world, tape } = nemesis
    const { leader } = cluster
    const to = nemesis.one(cluster.servers.filter((server) => server !== leader))
    if (leader?.node === undefined || to === undefined) return false
    world.touchPromises()
    leader.node.transferLeadership(tape.below(2) === 1 ? to.id : undefined).then(
      () => world.coverage.hit('transfer: done'),
      () => {},
    )
    return true
  },
  'wall-clock': (nemesis) =>
    withProcess(nemesis, ({ parts }) => parts.clock.shiftWall((nemesis.tape.fraction() - 0.5) * 7_200_000)),
  'slow-apply': (nemesis) =>
    withProcess(nemesis, (server) => {
      server.applyMs = 1 + nemesis.tape.below(20)
      nemesis.later(200, 4_000, () => {
        server.applyMs = 0
      })
    }),
  /** Its next snapshots are durable long before they are installed. */
  'slow-restore': (nemesis) =>
    withProcess(nemesis, (server) => {
      server.restoreMs = 200 + nemesis.tape.below(4_000)
      nemesis.later(2_000, 15_000, () => {
        server.restoreMs = 0
      })
    }),
  'slow-disk': (nemesis) =>
    withProcess(nemesis, ({ parts: { disk } }) => {
      disk.faults = { ...disk.faults, slowWrite: 0.3, latencyMs: 20 }
      nemesis.later(500, 6_000, () => {
        disk.faults = {
          ...disk.faults,
          slowWrite: nemesis.cluster.plan.disk.slowWrite,
          latencyMs: nemesis.cluster.plan.disk.latencyMs,
        }
      })
    }),
  'full-disk': (nemesis) =>
    !nemesis.wiping &&
    withProcess(nemesis, ({ parts: { disk } }) => {
      disk.isFull = true
      nemesis.later(500, 5_000, () => {
        disk.isFull = false
      })
    }),
  /** Now and then it dies while it is at it: before, during, or after the log is discarded. */
  'take-snapshot': (nemesis) =>
    withProcess(nemesis, ({ node, process }) => {
      if (node === undefined || process === undefined) return
      if (!nemesis.wiping && nemesis.tape.below(8) === 7)
        process.crashAt(1 + nemesis.tape.below(6), nemesis.tape.below(2) === 1)
      nemesis.world.touchPromises()
      node.takeSnapshot().then(
        () => nemesis.world.coverage.hit('snapshot: asked for, taken'),
        () => nemesis.world.coverage.hit('snapshot: asked for, not taken'),
      )
    }),
  rot,
  'see-saw': seeSaw,
  'crash-writing': crashWriting,
  'forget-leader': forgetLeader,
  'overtaken-install': overtakenInstall,
  wipe,
}
