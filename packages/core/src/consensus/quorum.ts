// Raft §5.2, §5.3, §6: majorities. Everything that counts servers counts here. While joint, "agreement (for elections and
// entry commitment) requires separate majorities from both the old and new configurations".
import type { Configuration, LogIndex, NodeId } from './types.js'

type Voters = Pick<Configuration, 'voters'>

/** A majority of the voters; of a joint configuration, those of the new one. */
export function quorumSize(configuration: Voters): number {
  return Math.floor(configuration.voters.length / 2) + 1
}

/** True when `agrees` holds for a majority of the voters: of both configurations when joint. */
export function isQuorum(configuration: Configuration, agrees: (voter: NodeId) => boolean): boolean {
  const { outgoing } = configuration
  return (
    isMajority(configuration, agrees) && (outgoing === undefined || isMajority({ voters: outgoing }, agrees))
  )
}

/** The largest index that a majority of the voters (of both configurations when joint) has reached, given each one's. */
export function quorumIndex(configuration: Configuration, reached: (voter: NodeId) => LogIndex): LogIndex {
  const { outgoing } = configuration
  const index = majorityIndex(configuration, reached)
  return outgoing === undefined ? index : Math.min(index, majorityIndex({ voters: outgoing }, reached))
}

function isMajority(configuration: Voters, agrees: (voter: NodeId) => boolean): boolean {
  let count = 0
  for (const voter of configuration.voters) if (agrees(voter)) count++
  return count >= quorumSize(configuration)
}

function majorityIndex(configuration: Voters, reached: (voter: NodeId) => LogIndex): LogIndex {
  const indexes = configuration.voters.map(reached).sort((a, b) => b - a)
  return indexes[quorumSize(configuration) - 1] ?? 0
}
