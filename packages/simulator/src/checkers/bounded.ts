// Queues, in-flight bytes and questions stay under their limits.
import type { AnyCluster } from '../cluster/nemesis.js'

export const BOUNDED = 'bounded'

const EVERY_MS = 250

/** A turn takes a whole batch in before the limit is looked at again. */
export function watchBounds(cluster: AnyCluster): void {
  const { world, plan } = cluster
  const {
    pendingProposalsMax = 65_536,
    pendingReadsMax = 10_000,
    inFlightBytesMax = 4 * 1024 * 1024,
    inFlightMessagesMax = 256,
    messageBytesMax = 1024 * 1024,
    uncommittedBytesMax = 64 * 1024 * 1024,
  } = plan.limits
  const look = (): void => {
    for (const { node, id } of cluster.up) {
      const status = node?.status()
      if (status === undefined) continue
      const over = (what: string, value: number, max: number): void => {
        if (value > max) world.fail(BOUNDED, `${id} has ${value} ${what}, at most ${max}`)
      }
      over('pending proposals', status.pendingProposals, pendingProposalsMax)
      over('pending reads', status.pendingReads, pendingReadsMax)
      over('bytes uncommitted', status.uncommittedBytes, uncommittedBytesMax + messageBytesMax)
      for (const follower of status.followers) {
        over('bytes in flight', follower.inFlightBytes, inFlightBytesMax + messageBytesMax)
        over('messages in flight', follower.inFlightMessages, inFlightMessagesMax)
      }
    }
    world.after(EVERY_MS, look)
  }
  look()
}
