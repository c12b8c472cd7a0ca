// One measured window: callers start, warm up, are measured, and rest. Leadership must not move meanwhile.
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeId } from '@riverraft/core'
import type { BenchCluster, Leadership } from '../cluster/bench-cluster.js'
import type { Child } from '../cluster/child.js'
import type { LoadFigures, Mark, Rest } from '../control/commands.js'
import type { Ledger } from './ledger.js'
import { machineCpuSeconds } from './machine-load.js'

export interface WindowOptions {
  readonly callers: number
  readonly payloadBytes: number
  readonly warmupMs: number
  readonly measureMs: number
  /** Where the callers live. */
  readonly from: 'leader' | 'follower'
  /** Where to write a CPU profile of the callers' process, warm-up included; undefined: none. */
  readonly profile: string | undefined
}

export interface ProcessUse {
  readonly cpuSeconds: number
  readonly loopDelayMsP99: number
}

export interface Figures extends LoadFigures {
  readonly callers: number
  readonly elapsedMs: number
  readonly opsPerSecond: number
  /** The process with the callers. */
  readonly callersProcess: ProcessUse
  readonly otherProcesses: readonly ProcessUse[]
  /** What everything else on this machine used, Redis servers included. */
  readonly elsewhereCpuSeconds: number
}

export interface Window extends Figures {
  /** Windows before this one in which leadership moved or a proposal failed. */
  readonly voided: number
}

const ATTEMPTS = 5

/**
 * Measures until a window is clean, then compares all replicas. Only then there is a figure.
 * @throws ReplicasDiffer; Error when no window was clean
 */
export async function measure(
  cluster: BenchCluster,
  ledger: Ledger,
  options: WindowOptions,
): Promise<Window> {
  let why = ''
  for (let voided = 0; voided < ATTEMPTS; voided++) {
    const { id, callers } = await whereCallersLive(cluster, options)
    const { profile } = options
    // Starting and ending a profile stops the process for so long that it may lose its leadership: outside the window.
    if (profile !== undefined) await callers.ask({ type: 'profile', file: null })
    const before = await cluster.leadership()
    const others = cluster.processes.filter((child) => child !== callers)
    const { figures, rest } = await runWindow(callers, others, id, options)
    ledger.add(rest)
    const moved = !same(before, await cluster.leadership())
    if (profile !== undefined) await callers.ask({ type: 'profile', file: profile })
    await ledger.compare()
    if (!moved && figures.failures === 0 && lives(id, before, options)) return { ...figures, voided }
    why = moved ? 'leadership moved' : `${figures.failures} proposals failed`
  }
  throw new Error(
    `none of ${ATTEMPTS} windows with ${options.callers} callers was clean; in the last, ${why}`,
  )
}

async function whereCallersLive(cluster: BenchCluster, { from }: WindowOptions) {
  const { leader, followers } = await cluster.leadership()
  const id = from === 'leader' ? leader : followers[0]
  if (id === undefined) throw new Error('a cluster of one has no follower')
  return { id, callers: cluster.processOf(id) }
}

/** Whether callers at `id` live where they were to live. */
function lives(id: NodeId, { leader }: Leadership, { from }: WindowOptions): boolean {
  return (id === leader) === (from === 'leader')
}

/** The same load on anything that has a proposer called `id`. */
export async function runWindow(
  callers: Child,
  others: readonly Child[],
  id: string,
  options: WindowOptions,
): Promise<{ readonly figures: Figures; readonly rest: Rest }> {
  const { payloadBytes } = options
  await callers.ask({ type: 'load', id, callers: options.callers, payloadBytes })
  await pause(options.warmupMs)
  const before = machineCpuSeconds()
  await markAll(callers, others)
  await pause(options.measureMs)
  const [own, ...rests] = await markAll(callers, others)
  const machine = machineCpuSeconds() - before
  const rest = await callers.ask({ type: 'rest' })
  return { figures: figuresOf(options.callers, own, rests, machine), rest }
}

async function markAll(callers: Child, others: readonly Child[]): Promise<[Mark, ...Mark[]]> {
  return await Promise.all([
    callers.ask({ type: 'mark' }),
    ...others.map((child) => child.ask({ type: 'mark' })),
  ])
}

function figuresOf(callers: number, own: Mark, others: readonly Mark[], machine: number): Figures {
  if (own.load === null) throw new Error('there was no load')
  const { elapsedMs, load } = own
  const ours = [own, ...others].reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
  return {
    ...load,
    callers,
    elapsedMs,
    opsPerSecond: (load.operations / elapsedMs) * 1000,
    callersProcess: useOf(own),
    otherProcesses: others.map(useOf),
    // Two clocks, of different grain: never below nothing.
    elsewhereCpuSeconds: Math.max(0, machine - ours),
  }
}

function useOf({ cpuSeconds, loopDelayMsP99 }: Mark): ProcessUse {
  return { cpuSeconds, loopDelayMsP99 }
}

function same(before: Leadership, after: Leadership): boolean {
  return before.leader === after.leader && before.term === after.term
}
