// `explain`: what keeps this node from going on, in words. An empty list: nothing does.

import type { Runtime } from '../runtime.js'
import type { Explanation } from '../types.js'
import { explainLeadership } from './leadership.js'
import { explainMembers } from './members.js'
import { explainProgress } from './progress.js'
import type { Recall } from './recall.js'
import { type Subject, say } from './subject.js'

export function explain(runtime: Runtime, recall: Recall, now: number, isStopped: boolean): Explanation[] {
  const { state, linked, proposals, reads, backlog } = runtime
  if (isStopped) return [say('stopped', `${state.id} is stopped`)]
  const subject: Subject = {
    state,
    recall,
    now,
    linked,
    pendingProposals: proposals.pending,
    hasWaiting: proposals.hasWaiting,
    pendingReads: reads.count,
    isBacklogFull: backlog.isFull,
    backlogBytes: backlog.byteLength,
  }
  // The cause before what follows from it.
  return [...explainLeadership(subject), ...explainMembers(subject), ...explainProgress(subject)]
}
