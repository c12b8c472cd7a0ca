// A server goes down while a batch of several records is being written: any of them may be on its disk, without the rest.
import type { AnyServer, Nemesis } from './nemesis.js'

/** A write takes about so long. */
const WATCH_MS = 0.25
const PATIENCE_MS = 500

export function crashWriting(nemesis: Nemesis): boolean {
  const { cluster, world } = nemesis
  const server = nemesis.one(cluster.up)
  if (server === undefined || nemesis.wiping) return false
  const until = world.now + PATIENCE_MS
  const look = (): void => {
    if (nemesis.over || nemesis.wiping || !server.isUp || world.now > until) return
    if (!writesSeveral(server)) return void world.after(WATCH_MS, look)
    world.coverage.hit('crash in the middle of a batch')
    server.crash()
  }
  look()
  return true
}

function writesSeveral({ parts: { view } }: AnyServer): boolean {
  if (view.writing === undefined) return false
  const { blocks, hardState, truncateFrom } = view.writing
  return blocks.length + (hardState === undefined ? 0 : 1) + (truncateFrom === undefined ? 0 : 1) > 1
}
