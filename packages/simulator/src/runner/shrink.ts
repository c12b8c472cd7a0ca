// Makes a failing run smaller, as long as the same property fails: deletes spans of the tapes, zeroes them, halves draws,
// then leaves requests of clients out. Every candidate is a whole run, so there is a budget.
import { type Recording, TAPE_NAMES, type TapeName } from '../world/tape.js'
import { type RunOptions, runSeed, type Verdict } from './run.js'

export interface ShrinkBudget {
  readonly runs: number
  /** True: this share of the time is up, 1 being all of it. */
  readonly over?: (share: number) => boolean
}

/** Tapes are long: without a limit to their part of the budget, requests would never have their turn. */
const TAPES_SHARE = 2 / 3

export interface Shrunk<Command, Result, State> {
  readonly options: RunOptions<Command, Result, State>
  readonly verdict: Verdict
  readonly runs: number
}

export async function shrink<Command, Result, State>(
  options: RunOptions<Command, Result, State>,
  verdict: Verdict,
  budget: ShrinkBudget,
): Promise<Shrunk<Command, Result, State>> {
  const property = verdict.violation!.property
  let best: Shrunk<Command, Result, State> = {
    options: { ...options, recording: verdict.recording },
    verdict,
    runs: 0,
  }
  let runs = 0
  const exhausted = (share = 1): boolean => runs >= budget.runs * share || budget.over?.(share) === true

  /** Keeps the change when the same property still fails. */
  const attempt = async (changed: Partial<RunOptions<Command, Result, State>>): Promise<boolean> => {
    if (exhausted()) return false
    runs++
    const candidate = { ...best.options, ...changed }
    const result = await runSeed(candidate)
    if (result.violation?.property !== property) return false
    // What was drawn is what counts: a shorter run has used less of its tapes.
    best = { options: { ...candidate, recording: result.recording }, verdict: result, runs }
    return true
  }
  const withTape = (name: TapeName, draws: readonly number[]): Promise<boolean> =>
    attempt({ recording: { ...best.options.recording!, [name]: draws } as Recording })
  const tapeOf = (name: TapeName): readonly number[] => best.options.recording![name]

  const seconds = Math.ceil(verdict.violation!.atMs / 1_000) + 1
  if (seconds < (options.seconds ?? 60)) await attempt({ seconds })
  for (
    let half = Math.floor((best.options.seconds ?? 60) / 2);
    half >= 1 && (await attempt({ seconds: half }));
  )
    half = Math.floor(half / 2)
  for (const name of TAPE_NAMES) if (name !== 'plan') await withTape(name, [])
  // The plan is short and decides most: one draw after the other.
  for (let i = tapeOf('plan').length - 1; i >= 0; i--)
    if (tapeOf('plan')[i] !== 0) await withTape('plan', tapeOf('plan').with(i, 0))
  for (const step of [without, zeroed, halved]) {
    for (const name of TAPE_NAMES) {
      const isUp = (): boolean => exhausted(TAPES_SHARE)
      const change = (draws: readonly number[], from: number, to: number): Promise<boolean> =>
        withTape(name, step(draws, from, to))
      if (name !== 'plan') await spans(() => tapeOf(name), isUp, change)
    }
  }
  await dropRequests(() => best, attempt, exhausted)
  return { ...best, runs }
}

type Step = (draws: readonly number[], from: number, to: number) => number[]

const without: Step = (draws, from, to) => [...draws.slice(0, from), ...draws.slice(to)]
const zeroed: Step = (draws, from, to) => draws.map((draw, i) => (i >= from && i < to ? 0 : draw))
const halved: Step = (draws, from, to) => draws.map((draw, i) => (i >= from && i < to ? draw >> 1 : draw))

/** Tries something on halves of a tape, then on quarters, and so on, where there is anything but zeros. */
async function spans(
  tape: () => readonly number[],
  exhausted: () => boolean,
  attempt: (draws: readonly number[], from: number, to: number) => Promise<boolean>,
): Promise<void> {
  for (let parts = 2; parts <= 32; parts *= 2) {
    const size = Math.ceil(tape().length / parts)
    if (size === 0) return
    for (let from = (parts - 1) * size; from >= 0; from -= size) {
      const draws = tape()
      if (exhausted()) return
      if (from < draws.length && draws.slice(from, from + size).some((draw) => draw !== 0))
        await attempt(draws, from, from + size)
    }
  }
}

async function dropRequests<Command, Result, State>(
  best: () => Shrunk<Command, Result, State>,
  attempt: (changed: Partial<RunOptions<Command, Result, State>>) => Promise<boolean>,
  exhausted: () => boolean,
): Promise<void> {
  const total = best().verdict.requests
  for (
    let size = Math.ceil(total / 2);
    size >= 1 && !exhausted();
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 1; from <= total && !exhausted(); from += size) {
      const skipped = new Set(best().options.skipped)
      const before = skipped.size
      for (let number = from; number < from + size; number++) skipped.add(number)
      if (skipped.size > before) await attempt({ skipped })
    }
  }
}

/** How much chance a run still needs. */
export function draws(recording: Recording): number {
  return TAPE_NAMES.reduce((sum, name) => sum + recording[name].filter((draw) => draw !== 0).length, 0)
}
