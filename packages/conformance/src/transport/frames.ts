// Frames that can be told apart when they arrive.
import { type EntryBlock, EntryKind, encodeBlock, type Frame } from '@riverraft/core'

export const INCARNATION = '00112233445566aa'

/** A frame that tells its number: its only message is a vote request of that term. */
export function vote(term: number): Frame {
  const message = { type: 'RequestVote', term, lastLogIndex: 0, lastLogTerm: 0, transfer: false } as const
  return { group: 0, incarnation: INCARNATION, messages: [message] }
}

/** A frame with entries, by its term. */
export function append(term: number, entries: readonly EntryBlock[]): Frame {
  const position = { prevLogIndex: 0, prevLogTerm: 0, leaderCommit: 0, round: 0 }
  return {
    group: 0,
    incarnation: INCARNATION,
    messages: [{ type: 'AppendEntries', term, entries, ...position }],
  }
}

/** A block of one entry, whose bytes differ from those of other indexes. */
export function block(firstIndex: number, payloadBytes: number): EntryBlock {
  const payload = new Uint8Array(payloadBytes).map((_, i) => i * firstIndex)
  return encodeBlock({ firstIndex, term: 1, timestamp: 0 }, [{ kind: EntryKind.Command, payload }])
}

/** The first message of a join dialogue: what a transport may look at to tell a knock from a link. */
export function joinAsk(from: string): Uint8Array {
  const name = new TextEncoder().encode(from)
  const text = (bytes: Uint8Array): number[] => [bytes.length & 255, bytes.length >> 8, ...bytes]
  // "RVRF", kind 3, protocol 1 to 1, the cluster's id, the node's id, a nonce of 32 bytes.
  const nonce = new Array<number>(32).fill(7)
  return Uint8Array.of(
    82,
    86,
    82,
    70,
    3,
    1,
    1,
    ...text(new TextEncoder().encode('cluster')),
    ...text(name),
    ...nonce,
  )
}
