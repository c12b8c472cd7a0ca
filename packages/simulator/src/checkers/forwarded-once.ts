// A refusal of a forwarded request means that it may be proposed again: a process that has accepted it never refuses a copy.
import type { LogIndex, NodeId } from '@riverraft/core'
import type { Checker } from './checker.js'

export const forwardedOnce: Checker = {
  property: 'forwarded-once',
  hooks(_history, fail) {
    /** By asking node and sequence, which no two of its processes share. */
    const accepted = new Map<string, { readonly by: NodeId; readonly at: LogIndex }>()
    return {
      // A new process remembers nothing.
      opened(node) {
        for (const [request, { by }] of accepted) if (by === node.id) accepted.delete(request)
      },
      sent(node, to, message) {
        if (message.type !== 'ForwardReply' || message.overloaded) return
        const request = `${to} ${message.sequence}`
        const earlier = accepted.get(request)
        if (message.accepted) accepted.set(request, { by: node.id, at: message.firstIndex })
        if (earlier === undefined || earlier.by !== node.id || earlier.at === message.firstIndex) return
        const now = message.accepted ? `accepts it at ${message.firstIndex}` : 'refuses it'
        fail(`${node.id} has accepted request ${message.sequence} of ${to} at ${earlier.at}, and ${now}`)
      },
    }
  },
}
