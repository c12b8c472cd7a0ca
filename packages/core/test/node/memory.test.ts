// A leader holds what its limits say, however much it has written. A million entries here; ten million by
// RIVERRAFT_ENTRIES=10000000 ./scripts/pnpm exec vitest run --project packages/core packages/core/test/node/memory.test.ts
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { bytesCodec, defineStateMachine } from '../../src/node/define-state-machine.js'
import { RaftNode } from '../../src/node/raft-node.js'
import type { Storage, StoredState } from '../../src/ports/storage.js'
import type { Transport, TransportHost } from '../../src/ports/transport.js'
import { incarnationOf, success } from './harness/solo.js'
import { macrotask } from './harness/world.js'

const { RIVERRAFT_ENTRIES = '1000000' } = process.env
const ENTRIES = Number(RIVERRAFT_ENTRIES)
const AT_ONCE = 2_000
const MIB = 1_024 * 1_024
const CACHE = 4 * MIB

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** After what is dead is gone: buffers are freed behind the collector's back, so it is asked twice. */
async function heldBytes(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    collect()
    await macrotask()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Durable as far as a leader can tell, and without a byte kept: what is asked of it again would be missing. */
function forgetfulStorage(): Storage & { bytes: number } {
  return {
    name: 'forgetful',
    durable: false,
    bytes: 0,
    async open({ incarnation, members }): Promise<StoredState> {
      const hardState = { currentTerm: 0, votedFor: undefined }
      return {
        formatted: true,
        incarnation,
        members,
        hardState,
        runs: [],
        generation: 0,
        snapshot: undefined,
        lastTimestamp: 0,
      }
    },
    write({ blocks }, completed) {
      for (const { block } of blocks) this.bytes += block.byteLength
      setImmediate(completed)
    },
    read: async () => Promise.reject(new Error('nothing is kept')),
    async saveSnapshot(_metadata, content) {
      for await (const piece of content) this.bytes += piece.byteLength
    },
    openSnapshot: async () => undefined,
    compact: async () => undefined,
    close: async () => undefined,
  }
}

/** B votes and acknowledges at once, C is never heard of. */
function playedPeers(): Transport {
  let host: TransportHost
  return {
    name: 'played',
    async listen(given) {
      host = given
      setImmediate(() => {
        host.admit({ ...host.hello('B'), from: 'B', to: 'A', incarnation: incarnationOf('B') })
        host.linkUp('B')
      })
      return 'A'
    },
    setMembers: () => {},
    send(to, { messages }) {
      if (to !== 'B') return
      const answers = messages.flatMap((message) => {
        if (message.type === 'PreVote')
          return [
            { type: 'PreVoteReply', term: message.term, askedTerm: message.term, voteGranted: true } as const,
          ]
        if (message.type === 'RequestVote')
          return [{ type: 'RequestVoteReply', term: message.term, voteGranted: true } as const]
        if (message.type !== 'AppendEntries') return []
        return [
          success(message.term, message.entries.at(-1)?.lastIndex ?? message.prevLogIndex, message.round),
        ]
      })
      const frame = { group: 0, incarnation: incarnationOf('B'), messages: answers }
      if (answers.length > 0) setImmediate(() => host.receive('B', frame))
    },
    close: async () => undefined,
  }
}

/** Its snapshots are real: the log is discarded behind them on the way. */
const counter = defineStateMachine({
  initial: { applied: 0 },
  apply: (state, _command: Uint8Array) => ++state.applied,
  codec: bytesCodec,
})

test('a leader that has written very many entries holds no more than its limits say', {
  timeout: 30_000 + ENTRIES / 20,
}, async () => {
  const storage = forgetfulStorage()
  const node = await RaftNode.start({
    id: 'A',
    clusterId: 'memory',
    members: ['A', 'B', 'C'].map((id) => ({ id, address: id, role: 'voter' as const })),
    transport: playedPeers(),
    storage,
    stateMachine: counter,
    logCacheBytesMax: CACHE,
    requestTimeoutMs: 60_000,
  })
  const write = async (count: number): Promise<void> => {
    const command = new Uint8Array(64)
    for (let written = 0; written < count; written += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, () => node.propose(command)))
  }
  await write(ENTRIES / 10)
  const early = await heldBytes()
  const earlyBytes = storage.bytes
  await write(ENTRIES - ENTRIES / 10)
  const grown = (await heldBytes()) - early
  // What went through is many times what may stay.
  expect(storage.bytes - earlyBytes).toBeGreaterThan(8 * CACHE)
  expect(grown).toBeLessThan(CACHE + 8 * MIB)
  // Besides the commands: the no-op of the term, and the opening of this node's session.
  expect(node.status()).toMatchObject({ role: 'leader', lastApplied: ENTRIES + 2, uncommittedBytes: 0 })
  await node.stop({ transfer: false })
})
