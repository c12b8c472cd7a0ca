// Writes one after the other, a new key every few milliseconds: how long writes wait is measured by writing.
import { setTimeout as pause } from 'node:timers/promises'
import type { WriteReceipt } from '../control/commands.js'
import { epochMs } from '../control/events.js'
import { deferred } from '../deferred.js'
import { type Child, CommandFailed } from './child.js'

const PROBE_EVERY_MS = 5
/** Each probe may wait this long for its fate. */
const PROBE_TIMEOUT_MS = 3_000
const READ_TIMEOUT_MS = 5_000

export interface Acknowledged {
  readonly type: 'acknowledged'
  readonly key: string
  readonly receipt: WriteReceipt
  readonly sentAt: number
  readonly at: number
}

type Fate = Acknowledged | { readonly type: 'refused' | 'unknown'; readonly key: string }

export interface ProbeCount {
  /** The first that was acknowledged in a later term. */
  readonly first: Acknowledged
  readonly probes: number
  readonly acknowledged: number
  /** Refused, certainly not applied. */
  readonly refused: number
  /** ERR_OUTCOME_UNKNOWN: given to the dead leader, perhaps; nobody can say. */
  readonly unknown: number
  /** Of the unknown ones: how many a later read found applied. */
  readonly unknownApplied: number
  /** The longest that an acknowledged one waited. */
  readonly longestMs: number
}

/**
 * Writes through `node` from now until one write is acknowledged in a term above `oldTerm`. Every probe writes a key of its
 * own and none is repeated: a write whose outcome is unknown must not be sent again as if it had failed.
 */
export async function probe(node: Child, oldTerm: number, signal: AbortSignal): Promise<ProbeCount> {
  const probes: Promise<Fate>[] = []
  const accepted = deferred<Acknowledged>()
  let first: Acknowledged | undefined
  // Probes of an earlier story must not be taken for these.
  const mark = String(epochMs())
  while (first === undefined) {
    signal.throwIfAborted()
    const one = write(node, `probe/${probes.length + 1}`, mark)
    probes.push(one)
    void one.then((fate) => {
      if (fate.type === 'acknowledged' && fate.receipt.term > oldTerm) accepted.resolve(fate)
    })
    first = await Promise.race([accepted.promise, pause(PROBE_EVERY_MS, undefined)])
  }
  const fates = await Promise.all(probes)
  const unknown = fates.filter(({ type }) => type === 'unknown')
  const found = await Promise.all(unknown.map(({ key }) => node.ask({ type: 'get', key }, READ_TIMEOUT_MS)))
  // What was written only to measure does not stay. If it does after all, nothing depends on it.
  await Promise.allSettled(fates.map(({ key }) => node.ask({ type: 'del', key }, PROBE_TIMEOUT_MS)))
  const acknowledged = fates.filter((fate) => fate.type === 'acknowledged')
  return {
    first,
    probes: fates.length,
    acknowledged: acknowledged.length,
    refused: fates.filter(({ type }) => type === 'refused').length,
    unknown: unknown.length,
    unknownApplied: found.filter(({ value }) => value === mark).length,
    longestMs: Math.max(...acknowledged.map(({ sentAt, at }) => at - sentAt)),
  }
}

export function describeProbes(count: ProbeCount): string {
  const { probes, acknowledged, refused, unknown, unknownApplied } = count
  const parts = [`${probes} writes were tried meanwhile: ${acknowledged} acknowledged`]
  if (refused > 0) parts.push(`${refused} refused and certainly not applied`)
  if (unknown > 0) parts.push(`${unknown} of unknown outcome (a read now finds ${unknownApplied} of them)`)
  return `${parts.join(', ')}.`
}

async function write(node: Child, key: string, value: string): Promise<Fate> {
  const sentAt = epochMs()
  try {
    const receipt = await node.ask({ type: 'put', key, value }, PROBE_TIMEOUT_MS)
    return { type: 'acknowledged', key, receipt, sentAt, at: epochMs() }
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    // A node that ended took the answer with it.
    const unknown = error.code === 'ERR_OUTCOME_UNKNOWN' || error.code === 'ERR_PROCESS_GONE'
    return { type: unknown ? 'unknown' : 'refused', key }
  }
}
