// Thesis §6.4: a read index is at least every index that was acknowledged to anybody before it was asked for.
import type { LogIndex } from '@riverraft/core'
import type { Checker } from './checker.js'

export const readIndexCovers: Checker = {
  property: 'read-index',
  hooks(history, fail) {
    /** By asking node and read id: what was acknowledged when the question first left. */
    const floors = new Map<string, LogIndex>()
    return {
      sent(node, to, message) {
        if (message.type === 'ReadIndexRequest') {
          const question = `${node.id} ${message.readId}`
          if (!floors.has(question)) floors.set(question, history.acknowledged)
        } else if (message.type === 'ReadIndexReply' && message.confirmed) {
          const floor = floors.get(`${to} ${message.readId}`) ?? 0
          if (message.readIndex < floor)
            fail(`${node.id} tells ${to} to read at ${message.readIndex}, ${floor} was acknowledged before`)
        }
      },
    }
  },
}
