// Writes without pause through a survivor, to see when a cluster that lost its leader acknowledges again.
import { setTimeout as pause } from 'node:timers/promises'
import { hasCode, type LogIndex, type Storage } from '@riverraft/core'
import type { Probed } from '../control/commands.js'
import { sharedNow } from '../names.js'
import { commandBytes, stampSequence } from './machine.js'
import { readWritten } from './read-log.js'
import type { BenchNode } from './replica.js'

/** A probe begins this long after the one before, answered or not. */
const EVERY_MS = 2
/** A leader that nobody kills must not be waited for. */
const GIVE_UP_MS = 20_000
const READ_BYTES = 64 * 1024

interface Acknowledged {
  readonly index: LogIndex
  readonly term: number
  readonly command: Uint8Array
  readonly at: number
}

/**
 * Every probe is a command of its own and none is repeated: what has an unknown outcome must not be sent again as if
 * it had failed.
 * @throws Error when no write of a term above `term` was acknowledged in time
 */
export async function probe(
  node: BenchNode,
  storage: Storage,
  term: number,
  payloadBytes: number,
): Promise<Probed> {
  const began = sharedNow()
  const caller = crypto.getRandomValues(new Uint32Array(1))[0]!
  const acknowledged: Acknowledged[] = []
  const probes: Promise<void>[] = []
  let first: Acknowledged | undefined
  let refused = 0
  let unknown = 0
  while (first === undefined) {
    if (sharedNow() > began + GIVE_UP_MS) throw new Error('no write was acknowledged by a new leader')
    const command = commandBytes(payloadBytes, caller)
    stampSequence(command, probes.length)
    const probe = node.proposeWithReceipt(command).then(
      (receipt) => {
        const answer = { index: receipt.index, term: receipt.term, command, at: sharedNow() }
        acknowledged.push(answer)
        if (answer.term > term) first ??= answer
      },
      (error: unknown) => {
        if (hasCode(error, 'ERR_OUTCOME_UNKNOWN')) unknown++
        else refused++
      },
    )
    probes.push(probe)
    await pause(EVERY_MS)
  }
  await Promise.all(probes)
  let missing = 0
  for (const answer of acknowledged) if (!(await stands(storage, answer))) missing++
  const { at } = first
  return { at, probes: probes.length, acknowledged: acknowledged.length, refused, unknown, missing }
}

/** Whether the log holds the command where the acknowledgement said. */
async function stands(storage: Storage, { index, term, command }: Acknowledged): Promise<boolean> {
  const [block] = await readWritten(storage, index, READ_BYTES)
  if (block === undefined || block.term !== term || block.lastIndex < index) return false
  const [entry] = block.entries(index, index)
  return entry !== undefined && equal(entry.payload, command)
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i])
}
