// What the whole machine did during a window: a figure from a busy machine must not pass for one from a quiet machine.
import { cpus } from 'node:os'

/** CPU seconds that all cores together have worked since they started. */
export function machineCpuSeconds(): number {
  let busyMs = 0
  for (const { times } of cpus()) busyMs += times.user + times.nice + times.sys + times.irq
  return busyMs / 1000
}
