// The story's writes and reads.
import { epochMs, type Failure, failureOf } from '../control/events.js'
import { describeFailure, ms } from '../ui/answers.js'
import { holdersOf } from './acknowledgements.js'
import type { Child } from './child.js'
import { type Storyteller, within } from './steps.js'

const REQUEST_TIMEOUT_MS = 5_000

/** Writes `key` through a follower, and shows the receipt and who holds it: a majority, or as many as `heldBy`. */
export async function writeThroughFollower(
  teller: Storyteller,
  key: string,
  value: string,
  heldBy?: number,
): Promise<void> {
  const { cluster, screen } = teller
  const limit = within(teller, 'no write was acknowledged')
  const { followers } = await cluster.until(() => cluster.leadership(), limit)
  const through = followers[0]!
  while (true) {
    try {
      const { index, term, elapsedMs } = await through.ask({ type: 'put', key, value }, REQUEST_TIMEOUT_MS)
      screen.line(epochMs(), through.name, `put ${key} = ${JSON.stringify(value)}`)
      screen.line(epochMs(), through.name, `  receipt: index ${index}, term ${term}, ${ms(elapsedMs)}`)
      const holders = await holdersOf(index, cluster, limit, heldBy)
      const held = `held by ${holders.join(', ')}: ${holders.length} of ${cluster.voters.length}, as the leader knows`
      return screen.line(epochMs(), through.name, `  ${held}`)
    } catch (error) {
      limit.throwIfAborted()
      screen.line(epochMs(), through.name, `put ${key}: ${describeFailure(failureOf(error))}`)
      if (!mayWriteAgain(failureOf(error))) throw error
    }
  }
}

/**
 * On a machine too slow for the default time-outs a leader may change at any moment. What was certainly not applied may
 * be written again. So may this one write whose outcome is unknown, because nobody else writes the key: applied twice,
 * it leaves the same value.
 */
const mayWriteAgain = ({ code }: Failure): boolean =>
  ['ERR_TIMEOUT', 'ERR_OVERLOADED', 'ERR_OUTCOME_UNKNOWN'].includes(code)

/** Reads `key` from every living node. @throws when one has another value than `expected` */
export async function readEverywhere(teller: Storyteller, key: string, expected: string): Promise<void> {
  for (const node of teller.cluster.living) await readFrom(teller, node, key, expected)
}

/** @throws when it has another value than `expected` */
export async function readFrom(
  { screen }: Storyteller,
  node: Child,
  key: string,
  expected: string,
): Promise<void> {
  const { value, elapsedMs } = await node.ask({ type: 'get', key }, REQUEST_TIMEOUT_MS)
  screen.line(epochMs(), node.name, `get ${key} = ${JSON.stringify(value)}  (${ms(elapsedMs)})`)
  if (value !== expected) throw new Error(`${node.name} read ${JSON.stringify(value)}, not "${expected}"`)
}
