// How a process that was started again becomes a full member: what it found on its disk, and what it had to be sent.
import { epochMs } from '../control/events.js'
import { ms } from '../ui/answers.js'
import type { Screen } from '../ui/screen.js'
import type { Child } from './child.js'
import type { DemoCluster } from './cluster.js'
import { STEP_TIMEOUT_MS } from './steps.js'

export interface Recovery {
  readonly child: Child
  /** The end of the log that it found. */
  readonly foundIndex: number
  readonly entriesSent: number
  readonly appliedIndex: number
  /** From the start of the process to the start of Raft. */
  readonly startMs: number
  /** From there until everything committed before was applied. */
  readonly catchUpMs: number
}

/** Starts `gone` again, and waits until it has applied what the leader knew to be committed before. */
export async function recover(cluster: DemoCluster, gone: Child, signal: AbortSignal): Promise<Recovery> {
  const { leader } = await cluster.until(() => cluster.leadership(), signal)
  const { commitIndex } = await leader.ask({ type: 'status' }, STEP_TIMEOUT_MS)
  const startedAt = epochMs()
  const child = await cluster.restart(gone)
  const started = await cluster.until(() => cluster.view(child).started, signal)
  const { lastApplied, entriesReceived } = await child.ask(
    { type: 'catch-up', index: commitIndex },
    STEP_TIMEOUT_MS,
  )
  return {
    child,
    foundIndex: started.lastIndex,
    entriesSent: entriesReceived,
    appliedIndex: lastApplied,
    startMs: started.at - startedAt,
    catchUpMs: epochMs() - started.at,
  }
}

export function tellRecovery(recovery: Recovery, screen: Screen): void {
  const { child, foundIndex, entriesSent, appliedIndex, startMs, catchUpMs } = recovery
  const sent = `had ${foundIndex} entries, was sent ${entriesSent}, has applied all up to index ${appliedIndex}`
  screen.line(epochMs(), child.name, sent)
  const took = `${child.name} caught up in ${ms(catchUpMs)}, after ${ms(startMs)} for its process to start.`
  screen.result(screen.style('bold', took))
}
