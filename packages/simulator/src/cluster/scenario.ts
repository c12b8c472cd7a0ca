// What acts of several steps need: who hears whom meanwhile, and waiting for what has to happen first.
import type { AnyServer, Nemesis } from './nemesis.js'

const WATCH_MS = 20
/** What has not happened by then will not. */
export const PATIENCE_MS = 6_000

/** Nobody reaches anybody of another group; who is in none reaches everybody. */
export function divide(
  { cluster: { network } }: Nemesis,
  ...groups: readonly (readonly AnyServer[])[]
): void {
  network.unblock()
  for (const group of groups)
    for (const other of groups)
      if (group !== other) for (const a of group) for (const b of other) network.block(a.id, b.id)
}

export function undo({ cluster: { network } }: Nemesis): void {
  network.unblock()
  network.unclog()
}

/** Calls `then` as soon as `holds`, looking every so often; when that takes too long, it is over. */
export function when(
  nemesis: Nemesis,
  holds: () => boolean,
  then: () => void,
  watchMs: number = WATCH_MS,
): void {
  const { world } = nemesis
  const until = world.now + PATIENCE_MS
  const look = (): void => {
    if (nemesis.over) return
    if (holds()) then()
    else if (world.now > until) undo(nemesis)
    else world.after(watchMs, look)
  }
  look()
}
