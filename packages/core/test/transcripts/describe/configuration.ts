// Who takes part, in a few words: `A B C`, `A B -> A C` while joint, `A B, learners D`.
import type { Configuration } from '../../../src/consensus/index.js'

export function describeConfiguration({ voters, outgoing, learners = [] }: Configuration): string {
  const voting = outgoing === undefined ? voters.join(' ') : `${outgoing.join(' ')} -> ${voters.join(' ')}`
  return `(${learners.length === 0 ? voting : `${voting}, learners ${learners.join(' ')}`})`
}
