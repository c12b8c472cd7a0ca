// For users: their state machine and their workload, many seeds, a verdict. Throws when any property is violated.
import type { StateMachineFactory } from '@riverraft/core'
import type { Workload } from '../clients/workload.js'
import { packTapes, type Replay, unpackTapes } from './replay-file.js'
import { runSeed, type Verdict } from './run.js'
import { shrink } from './shrink.js'

export interface SimulateOptions<Command, Result, State> {
  readonly stateMachine: StateMachineFactory<Command, Result, State>
  readonly workload: Workload<Command, State>
  /** How many seeds to run, or which. Default 10. */
  readonly seeds?: number | readonly number[]
  /** Virtual seconds of faults in each. Default 60. */
  readonly seconds?: number
  /** Default: drawn for each seed, 1 to 5. */
  readonly servers?: number
  /** What an earlier SimulationFailure brought: runs exactly that, instead of seeds. */
  readonly replay?: Replay
  /** Runs spent on making a failure smaller. Default 200. */
  readonly shrinkRuns?: number
}

export interface Simulated {
  readonly verdicts: readonly Verdict[]
  readonly simulatedMs: number
  readonly acknowledged: number
  readonly faults: number
}

/** A property was violated. `replay` repeats the smallest run found. */
export class SimulationFailure extends Error {
  override readonly name: string = 'SimulationFailure'
  readonly verdict: Verdict
  readonly replay: Replay

  constructor(verdict: Verdict, replay: Replay) {
    super(
      `seed ${verdict.seed}: ${replay.property}: ${replay.message}\n` +
        `Repeat it with { seeds: [${verdict.seed}] }, or the smallest run found with { replay } of this error.`,
    )
    this.verdict = verdict
    this.replay = replay
  }
}

/** @throws SimulationFailure */
export async function simulate<Command, Result, State>(
  options: SimulateOptions<Command, Result, State>,
): Promise<Simulated> {
  const { stateMachine, workload, seeds = 10, seconds = 60, servers, replay, shrinkRuns = 200 } = options
  const base = { stateMachine, workload, seconds, ...(servers === undefined ? {} : { servers }) }
  if (replay !== undefined)
    return summary([await judged(await runSeed({ ...base, ...replayOptions(replay) }), replay)])
  const list = typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => i + 1) : seeds
  const verdicts: Verdict[] = []
  for (const seed of list) {
    const verdict = await runSeed({ ...base, seed })
    if (verdict.violation !== undefined) {
      const smallest = await shrink({ ...base, seed }, verdict, { runs: shrinkRuns })
      const skipped = [...(smallest.options.skipped ?? [])]
      const small = { seconds: smallest.options.seconds ?? seconds, servers, skipped }
      throw new SimulationFailure(verdict, replayOf(smallest.verdict, 'user', small))
    }
    verdicts.push(verdict)
  }
  return summary(verdicts)
}

function judged(verdict: Verdict, replay: Replay): Verdict {
  if (verdict.violation === undefined) return verdict
  const { property, message } = verdict.violation
  throw new SimulationFailure(verdict, { ...replay, property, message })
}

function summary(verdicts: readonly Verdict[]): Simulated {
  const sum = (of: (verdict: Verdict) => number): number =>
    verdicts.reduce((total, one) => total + of(one), 0)
  return {
    verdicts,
    simulatedMs: sum(({ simulatedMs }) => simulatedMs),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    faults: sum(({ faults }) => faults),
  }
}

export function replayOf(
  verdict: Verdict,
  workload: string,
  run: {
    readonly seconds: number
    readonly servers: number | undefined
    readonly skipped: readonly number[]
  },
): Replay {
  const { seed, violation, traceHash, recording } = verdict
  const { property, message } = violation!
  return { format: 1, workload, seed, ...run, property, message, traceHash, tapes: packTapes(recording) }
}

/** What of a replay file goes into a run. */
export function replayOptions(replay: Replay): {
  readonly seed: number
  readonly seconds: number
  readonly servers?: number
  readonly skipped: ReadonlySet<number>
  readonly recording: ReturnType<typeof unpackTapes>
} {
  const { seed, seconds, servers, skipped, tapes } = replay
  return {
    seed,
    seconds,
    ...(servers === undefined ? {} : { servers }),
    skipped: new Set(skipped),
    recording: unpackTapes(tapes),
  }
}
