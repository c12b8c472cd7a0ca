// Thesis §6.4: a question for a read index has an id that its server never uses again, across restarts: an answer that
// comes very late must not be taken for that of another question.
import type { Checker } from './checker.js'

export const readAskedOnce: Checker = {
  property: 'read-asked-once',
  hooks(_history, fail) {
    const asked = new Set<string>()
    return {
      sent(node, to, message) {
        if (message.type !== 'ReadIndexRequest') return
        const question = `${node.id} ${message.readId}`
        if (asked.has(question))
          fail(`${node.id} asks ${to} under read id ${message.readId}, as it did before`)
        asked.add(question)
      },
    }
  },
}
