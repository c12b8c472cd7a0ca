// After a storage error no protocol message leaves the node.
import type { Checker } from './checker.js'

export const failStop: Checker = {
  property: 'fail-stop',
  hooks: (_history, fail) => ({
    sent(node, to, message) {
      if (node.storageFailed) fail(`${node.id} sends ${message.type} to ${to} after its storage failed`)
    },
  }),
}
