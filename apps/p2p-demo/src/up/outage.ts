// How long writes were unavailable: measured by writing, not computed from time-outs.
import { setTimeout as pause } from 'node:timers/promises'
import type { WriteReceipt } from '../control/commands.js'
import { epochMs } from '../control/events.js'
import { deferred } from '../deferred.js'
import { type Child, CommandFailed } from './child.js'

const PROBE_EVERY_MS = 5
/** Each probe may wait this long for its fate. */
const PROBE_TIMEOUT_MS = 3_000
const READ_TIMEOUT_MS = 5_000

export interface Outage {
  /** From the kill to the first write that the new leader's cluster acknowledged. */
  readonly unavailableMs: number
  readonly key: string
  readonly receipt: WriteReceipt
  readonly probes: number
  readonly acknowledged: number
  /** Refused, certainly not applied. */
  readonly refused: number
  /** ERR_OUTCOME_UNKNOWN: given to the dead leader, perhaps; nobody can say. */
  readonly unknown: number
  /** Of the unknown ones: how many a later read found applied. */
  readonly unknownApplied: number
}

interface Acknowledged {
  readonly type: 'acknowledged'
  readonly key: string
  readonly receipt: WriteReceipt
  readonly at: number
}

type Fate = Acknowledged | { readonly type: 'refused' | 'unknown'; readonly key: string }

/**
 * Writes through `survivor` from now until one write is acknowledged in a term above `oldTerm`. Every probe writes a key
 * of its own and none is repeated: a write whose outcome is unknown must not be sent again as if it had failed.
 */
export async function measureOutage(
  survivor: Child,
  killedAt: number,
  oldTerm: number,
  signal: AbortSignal,
): Promise<Outage> {
  const probes: Promise<Fate>[] = []
  const accepted = deferred<Acknowledged>()
  let first: Acknowledged | undefined
  // Probes of an earlier story must not be taken for these.
  const mark = String(killedAt)
  while (first === undefined) {
    signal.throwIfAborted()
    const probe = writeProbe(survivor, `probe/${probes.length + 1}`, mark)
    probes.push(probe)
    void probe.then((fate) => {
      if (fate.type === 'acknowledged' && fate.receipt.term > oldTerm) accepted.resolve(fate)
    })
    first = await Promise.race([accepted.promise, pause(PROBE_EVERY_MS, undefined)])
  }
  const fates = await Promise.all(probes)
  const unknown = fates.filter(({ type }) => type === 'unknown')
  const found = await Promise.all(
    unknown.map(({ key }) => survivor.ask({ type: 'get', key }, READ_TIMEOUT_MS)),
  )
  // What was written only to measure does not stay. If it does after all, nothing depends on it.
  await Promise.allSettled(fates.map(({ key }) => survivor.ask({ type: 'del', key }, PROBE_TIMEOUT_MS)))
  const count = (type: Fate['type']) => fates.filter((fate) => fate.type === type).length
  return {
    unavailableMs: first.at - killedAt,
    key: first.key,
    receipt: first.receipt,
    probes: fates.length,
    acknowledged: count('acknowledged'),
    refused: count('refused'),
    unknown: unknown.length,
    unknownApplied: found.filter(({ value }) => value === mark).length,
  }
}

async function writeProbe(survivor: Child, key: string, value: string): Promise<Fate> {
  try {
    const receipt = await survivor.ask({ type: 'put', key, value }, PROBE_TIMEOUT_MS)
    return { type: 'acknowledged', key, receipt, at: epochMs() }
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    // A node that ended took the answer with it.
    const unknown = error.code === 'ERR_OUTCOME_UNKNOWN' || error.code === 'ERR_PROCESS_GONE'
    return { type: unknown ? 'unknown' : 'refused', key }
  }
}
