// A report of what a recovery would mean, as lines for people.
import type { RecoveryReport } from '@riverraft/core'
import { quoted } from '../inspect/as-text.js'

export function* assessmentAsText(directory: string, report: RecoveryReport): Generator<string> {
  const { id, clusterId, incarnation, generation, members, membersIndex, joint } = report
  const { currentTerm, lastTerm, firstIndex, lastIndex, snapshotIndex } = report
  yield directory
  yield `  node ${quoted(id)} of cluster ${quoted(clusterId)}, incarnation ${incarnation}, generation ${generation}`
  const log = firstIndex > lastIndex ? 'no entries' : `entries ${firstIndex}-${lastIndex}`
  const snapshot = snapshotIndex === 0 ? 'no snapshot' : `snapshot up to ${snapshotIndex}`
  yield `  last entry ${lastIndex} of term ${lastTerm}; ${log}; ${snapshot}; current term ${currentTerm}`
  yield `  members${joint ? ', while they are being changed' : ''}, as of ${membersIndex}:`
  for (const member of members) yield `    ${quoted(member.id)} at ${quoted(member.address)} (${member.role})`
}

export function* outcomeAsText(
  directory: string,
  { id, refusal, risks }: RecoveryReport,
  newGeneration: number | undefined,
): Generator<string> {
  yield ''
  if (refusal !== undefined) return yield `REFUSED, nothing was written: ${refusal}`
  if (newGeneration !== undefined) {
    yield `RECOVERED: ${quoted(id)} is the only voter, in generation ${newGeneration}.`
    yield 'Start its node as ever. Add new members to it: new ids, empty storages,'
    return yield `join: true and generation: ${newGeneration}. Never start the old ones again.`
  }
  yield `To recover from here makes ${quoted(id)} the only voter of the cluster, in a new generation:`
  for (const { text } of risks) yield `- ${text}`
  yield ''
  yield 'Only when a majority of the voters is lost for good, and only on ONE survivor: the one whose last entry has the'
  yield "latest term, and of several with that term the one with the highest index, provided that it has what another one's"
  yield 'snapshot holds. Where the logs of others differ from it, it may lack what they have, and what may be committed:'
  yield 'chooseSurvivor(reports) of @riverraft/core compares all that --json prints.'
  yield ''
  yield `NOTHING WAS WRITTEN. To recover: riverraft-storage recover ${quoted(directory)} --yes`
}
