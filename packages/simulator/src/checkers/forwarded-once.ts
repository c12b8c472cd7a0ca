// A refusal of a forwarded request means that it is in no log, and never will be: a server that has accepted it never
// refuses a copy, not even after a restart that made it forget, and one that has refused it never accepts a copy.
// Removed and added again on another disk it is another server, which knows of nothing: nobody who still waits for an answer of
// the one before hears it. Who has not learnt of that change knows it as a stranger, and who has, of a later leader, and
// has asked that one.
import type { LogIndex, NodeId } from '@riverraft/core'
import type { Checker } from './checker.js'

interface Answer {
  readonly by: NodeId
  /** Of the storage that it has. */
  readonly incarnation: string | undefined
  /** Undefined: refused. */
  readonly at: LogIndex | undefined
}

export const forwardedOnce: Checker = {
  property: 'forwarded-once',
  hooks(_history, fail) {
    /** By asking node and sequence, which no two of its processes share. */
    const answers = new Map<string, Answer>()
    return {
      sent(node, to, message) {
        if (message.type !== 'ForwardReply') return
        const request = `${to} ${message.sequence}`
        const earlier = answers.get(request)
        const { id: by, incarnation } = node
        const answer = { by, incarnation, at: message.accepted ? message.firstIndex : undefined }
        if (earlier?.at === undefined) answers.set(request, answer)
        if (earlier === undefined || earlier.by !== by || earlier.at === answer.at) return
        if (answer.at === undefined && earlier.incarnation !== incarnation) return
        fail(
          `${by} has ${textOf(earlier)} request ${message.sequence} of ${to}, and now ${textOf(answer)} it`,
        )
      },
    }
  },
}

function textOf({ at }: Answer): string {
  return at === undefined ? 'refused' : `accepted (at ${at})`
}
