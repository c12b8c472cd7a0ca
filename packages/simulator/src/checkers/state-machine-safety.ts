// Raft Figure 3, State Machine Safety: same index, same command, same outcome, on every server and in every life of it.
import type { LogIndex } from '@riverraft/core'
import { hashText } from '../world/trace.js'
import type { Checker } from './checker.js'

export const stateMachineSafety: Checker = {
  property: 'state-machine-safety',
  hooks({ committed }, fail) {
    const outcomes = new Map<LogIndex, number>()
    return {
      applied(node, { index, term, timestamp, attempt, outcome }) {
        if (index > node.commitIndex) fail(`${node.id} applies ${index}, committed is ${node.commitIndex}`)
        if (committed[index - 1]?.term !== term)
          fail(`${node.id} applies ${index} of term ${term}, committed is ${committed[index - 1]?.term}`)
        const hash = hashText(`${attempt} ${timestamp} ${outcome}`)
        const known = outcomes.get(index)
        if (known === undefined) outcomes.set(index, hash)
        else if (known !== hash) fail(`${node.id} applies ${index} with another outcome: ${outcome}`)
      },
    }
  },
}
