// What a recovery may lose, and what it makes of what is there, in words: whoever decides has nothing else to go by.
import type { Member } from '../../ports/transport.js'
import type { RecoveryReport, RecoveryRisk } from './report.js'

export function risksOf(report: Omit<RecoveryReport, 'refusal' | 'risks'>): RecoveryRisk[] {
  const { id, members, membersIndex, joint, lastIndex, snapshotIndex } = report
  const others = members.filter((member) => member.id !== id).map((member) => member.id)
  // Raft Figure 8: an entry of an earlier term can be committed by one of a later term, instead of what this log has there.
  const replaced =
    lastIndex > snapshotIndex
      ? `, and of entries from ${snapshotIndex + 1} to ${lastIndex} those in whose place this log has others`
      : ''
  const risks: RecoveryRisk[] = [
    {
      code: 'committed-entries-lost',
      text:
        'What the other voters committed without this member is lost, although its callers were told that it is done: all of it ' +
        `behind index ${lastIndex}${replaced}. How many entries that are nobody can know from here: recover the member that ` +
        'chooseSurvivor names of all reports.',
    },
  ]
  if (lastIndex > snapshotIndex)
    risks.push({
      code: 'unacknowledged-entries-kept',
      text:
        `Entries from ${snapshotIndex + 1} to ${lastIndex} become committed, also those of them that no majority had: commands ` +
        'whose callers were told nothing, or that the outcome is unknown, may be applied after all.',
    })
  risks.push(
    {
      code: 'answers-change',
      text:
        'Client sessions are as this log has them. A command that is lost runs anew when it is sent again with its session and ' +
        'sequence, and may get another answer; a session that was opened in what is lost is unknown.',
    },
    {
      code: 'old-leader-reads',
      text:
        'A leader of the old members may still answer reads, by its lease or from its own state, and its jobs may still run: ' +
        'stop the old processes, and wait an election timeout, before the recovered node is started.',
    },
  )
  if (others.length > 0)
    risks.push({
      code: 'old-members',
      text:
        `${others.join(', ')} no longer belong to the cluster, and stop when they meet a member of the new generation. Those of them ` +
        'that are a majority and reach none can still go on as the old cluster: make sure that they are never started again.',
    })
  if (joint)
    risks.push({
      code: 'change-abandoned',
      text: 'A change of the members had begun; it is given up.',
    })
  if (members.find((member) => member.id === id)?.role === 'learner')
    risks.push({
      code: 'learner',
      text: `${id} is a learner: no majority waited for it, so more may be missing here than on any voter.`,
    })
  const isIn = (configuration: readonly Member[]): boolean => configuration.some((member) => member.id === id)
  if (!isIn(members) && isIn(report.committedMembers))
    risks.push({
      code: 'perhaps-removed',
      text:
        `The newest configuration of this log, at index ${membersIndex}, is without ${id}. Nobody can know from here whether it was ` +
        `committed: if it was, ${others.join(', ')} have gone on without ${id}, and all that they committed since is lost. Recover one ` +
        'of them if any is left.',
    })
  return risks
}
