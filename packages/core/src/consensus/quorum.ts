// Raft §5.2, §5.3: majorities. Everything that counts servers counts here.
import type { Configuration, LogIndex, NodeId } from './types.js'

/** A majority of the voters. */
export function quorumSize(configuration: Configuration): number {
  return Math.floor(configuration.voters.length / 2) + 1
}

/** True when `agrees` holds for a majority of the voters. */
export function isQuorum(configuration: Configuration, agrees: (voter: NodeId) => boolean): boolean {
  let count = 0
  for (const voter of configuration.voters) if (agrees(voter)) count++
  return count >= quorumSize(configuration)
}

/** The largest index that a majority of the voters has reached, given each one's. */
export function quorumIndex(configuration: Configuration, reached: (voter: NodeId) => LogIndex): LogIndex {
  const indexes = configuration.voters.map(reached).sort((a, b) => b - a)
  return indexes[quorumSize(configuration) - 1] ?? 0
}
