// One more node joins a cluster that has something to catch up with.
import { majority, ms } from '../ui/answers.js'
import type { Child } from './child.js'
import { joinAnew, tellJoined } from './join.js'
import { type Storyteller, within } from './steps.js'

const ENTRIES = 2_000
const ENTRY_BYTES = 2_000
const WRITE_TIMEOUT_MS = 10_000

/** Resolves with the new one. */
export async function grow(teller: Storyteller): Promise<Child> {
  const { cluster, screen } = teller
  const before = cluster.voters.length
  await fillLog(teller)
  const joined = await joinAnew(teller)
  tellJoined(joined, teller)
  const { voters, majority: now } = cluster
  screen.result(`Of ${before} voters a majority was ${majority(before)}; of ${voters.length} it is ${now}.`)
  return joined.child
}

/** The log is what a new node has to catch up with; the state stays as small as it is. */
async function fillLog(teller: Storyteller): Promise<void> {
  const { cluster, screen } = teller
  const limit = within(teller, 'nothing could be written')
  const { followers } = await cluster.until(() => cluster.leadership(), limit)
  const through = followers[0]!
  const key = 'ballast'
  const value = 'x'.repeat(ENTRY_BYTES)
  const startedAt = performance.now()
  const writes = await Promise.allSettled(
    Array.from({ length: ENTRIES }, () => through.ask({ type: 'put', key, value }, WRITE_TIMEOUT_MS)),
  )
  const elapsed = performance.now() - startedAt
  const written = writes.filter(({ status }) => status === 'fulfilled').length
  await through.ask({ type: 'del', key }, WRITE_TIMEOUT_MS)
  screen.result(
    `${written} entries of ${ENTRY_BYTES} bytes are written through ${through.name} in ${ms(elapsed)}.`,
  )
}
