// What applying a command may come to: a result, a replicated rejection, or the end of the node.
import { expect, expectTypeOf, test } from 'vitest'
import { bytesCodec, defineStateMachine, jsonCodec } from '../../src/node/define-state-machine.js'
import { RaftNode } from '../../src/node/raft-node.js'
import type { Receipt } from '../../src/node/types.js'
import { RaftError } from '../../src/ports/errors.js'
import type { ApplyContext, StateMachineFactory } from '../../src/ports/state-machine.js'
import { EntryKind, encodeBlock } from '../../src/wire/entry-block.js'
import { Cluster, WORDS } from './harness/cluster.js'
import { append, block, Solo } from './harness/solo.js'
import { watch } from './harness/world.js'

test('a rejection is a result: its proposer learns the reason, nothing changes, the log goes on', async () => {
  const cluster = await Cluster.start()
  for (const node of await cluster.elected()) {
    const error = await cluster.world.outcome(node.propose('!bad').catch((thrown: unknown) => thrown))
    expect(error).toBeInstanceOf(RaftError)
    expect(error).toMatchObject({
      code: 'ERR_COMMAND_REJECTED',
      retryable: false,
      message: 'no !bad',
      cause: { name: 'CommandRejected', message: 'no !bad' },
    })
  }
  expect(await cluster.world.outcome(cluster.node('B').propose('good'))).toBe(1)
  await cluster.agreed()
  for (const id of cluster.ids) expect(cluster.words(id)).toEqual(['good'])
  expect(cluster.disk('A').log.filter((line) => line.includes('!bad'))).toHaveLength(3)
  await cluster.stop()
})

test('a rejection by another copy of the library is one too', async () => {
  const foreign = class CommandRejected extends Error {
    override readonly name = 'CommandRejected'
  }
  const machine = defineStateMachine({
    initial: { words: [] as string[] },
    apply: (_state, _word: string): number => {
      throw new foreign('not mine')
    },
  })
  const solo = await Solo.start({ ids: ['A'], stateMachine: machine })
  expect(await solo.world.failure(solo.node.propose('word'))).toBe('ERR_COMMAND_REJECTED')
  expect(solo.node.status().stopped).toBe(false)
  await solo.node.stop({ transfer: false })
})

test('a state machine that throws stops every replica, and no caller is told that nothing happened', async () => {
  const cluster = await Cluster.start()
  const [leader, follower] = await cluster.elected()
  const proposals = [follower!.propose('*forwarded'), leader.propose('*own')].map(watch)
  // The entry is in the log: a replica that starts again meets it again, and so does whoever has not met it yet.
  const errors = new Map<string, (RaftError | undefined)[]>(cluster.ids.map((id) => [id, []]))
  const restart = async (id: string): Promise<void> => {
    errors.get(id)!.push(await cluster.node(id).closed)
    if (![...errors.values()].every(({ length }) => length >= 2)) {
      await cluster.start(id)
      await restart(id)
    }
  }
  const restarts = cluster.ids.map(restart)
  await cluster.world.until('each has failed twice', () =>
    [...errors.values()].every(({ length }) => length >= 2),
  )
  for (const error of [...errors.values()].flat()) {
    expect(error).toMatchObject({ code: 'ERR_STATE_MACHINE', cause: { message: 'a bug: *own' } })
  }
  for (const { value } of proposals) {
    expect(value).toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN', cause: { code: 'ERR_STATE_MACHINE' } })
  }
  await cluster.stop()
  await Promise.all(restarts)
})

test('a command that does not decode stops the node, like any bug of the machine', async () => {
  const solo = await Solo.start()
  const broken = encodeBlock({ firstIndex: 1, term: 1, timestamp: 1 }, [
    { kind: 1, payload: Uint8Array.of(123) },
  ])
  await solo.receive('B', append(1, 0, 0, [broken], { leaderCommit: 1 }))
  expect((await solo.node.closed)?.code).toBe('ERR_STATE_MACHINE')
})

test('an entry of a kind from the future stops the node before it, not after', async () => {
  const solo = await Solo.start()
  const future = encodeBlock({ firstIndex: 2, term: 1, timestamp: 1 }, [
    { kind: 77, payload: new Uint8Array(3) },
  ])
  const blocks = [block(1, 1, 'before'), future, block(3, 1, 'after')]
  await solo.receive('B', append(1, 0, 0, blocks, { leaderCommit: 3 }))
  expect(await solo.node.closed).toMatchObject({
    code: 'ERR_UNKNOWN_ENTRY_KIND',
    message: expect.stringMatching(/entry 2 .*kind 77/),
  })
  expect(solo.words).toEqual(['before'])
})

test('an opening of a session in a form from the future stops the node too', async () => {
  const solo = await Solo.start()
  const opening = encodeBlock({ firstIndex: 1, term: 1, timestamp: 1 }, [
    { kind: EntryKind.OpenSession, payload: new Uint8Array(23) },
  ])
  await solo.receive('B', append(1, 0, 0, [opening], { leaderCommit: 1 }))
  expect(await solo.node.closed).toMatchObject({ code: 'ERR_UNKNOWN_ENTRY_KIND' })
})

test('apply is told index, term and the leader’s time: the same on every replica, never going back', async () => {
  const contexts = new Map<string, ApplyContext[]>()
  const machineOf = (id: string): StateMachineFactory<string, number, { words: string[] }> => {
    const seen: ApplyContext[] = []
    contexts.set(id, seen)
    return defineStateMachine({
      initial: { words: [] as string[] },
      apply: ({ words }, word: string, context) => {
        seen.push({ ...context })
        return words.push(word)
      },
    })
  }
  const cluster = Cluster.prepare()
  for (const id of cluster.ids) await cluster.start(id, { stateMachine: machineOf(id) })
  const nodes = await cluster.elected()
  for (const node of nodes) await cluster.world.outcome(node.propose('word'))
  await cluster.kill(nodes[0].id)
  const [leader] = await cluster.elected(nodes.slice(1).map(({ id }) => id))
  await cluster.world.outcome(leader.propose('of the next term'))
  await cluster.agreed()
  const [first, second] = nodes.slice(1).map(({ id }) => contexts.get(id)!)
  expect(first).toHaveLength(4)
  expect(first).toEqual(second)
  const { index, term } = first![3]!
  expect({ index, term }).toEqual({ index: leader.status().lastIndex, term: leader.status().term })
  const times = first!.map(({ timestamp }) => timestamp)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  await cluster.stop()
})

test('time does not go back with the leader’s clock, nor over a restart', async () => {
  let wallClock = 5_000
  const timestamps: number[] = []
  const machine = defineStateMachine({
    initial: { words: [] as string[] },
    apply: ({ words }, word: string, { timestamp }) => {
      timestamps.push(timestamp)
      return words.push(word)
    },
  })
  const first = new Solo({ ids: ['A'] })
  const options = {
    ids: ['A'],
    world: first.world,
    stateMachine: machine,
    scheduler: { ...first.world.scheduler(), wallClock: () => wallClock },
  }
  const solo = await Solo.start(options)
  await solo.world.outcome(solo.node.propose('one'))
  wallClock = 4_000
  await solo.world.outcome(solo.node.propose('two'))
  await solo.node.stop({ transfer: false })
  wallClock = 3_000
  await solo.start()
  await solo.world.outcome(solo.node.propose('three'))
  expect(timestamps).toEqual([5_000, 5_000, 5_000, 5_000, 5_000])
  await solo.node.stop({ transfer: false })
})

test('a long backlog is applied in slices, and the rest of the loop has its turns in between', async () => {
  const base = new Solo()
  const { world } = base
  let clock = 0
  // Every look at this clock takes a millisecond.
  const solo = await Solo.start({
    world,
    scheduler: { ...world.scheduler(), now: () => world.now + clock++ },
  })
  const words = Array.from({ length: 4_000 }, (_, i) => `w${i}`)
  const seen = new Set<number>()
  solo.node.on('Applied', ({ lastApplied }) => seen.add(lastApplied))
  await solo.receive('B', append(1, 0, 0, [block(1, 1, ...words)], { leaderCommit: 4_000 }))
  expect(solo.words).toEqual(words)
  expect(seen.size).toBeGreaterThan(2)
  await solo.node.stop({ transfer: false })
})

test('each node has a state of its own', async () => {
  const initial = { words: ['from the beginning'] }
  const machine = defineStateMachine({ initial, apply: ({ words }, word: string) => words.push(word) })
  const cluster = Cluster.prepare()
  for (const id of cluster.ids) await cluster.start(id, { stateMachine: machine })
  await cluster.elected()
  expect(await cluster.world.outcome(cluster.node('A').propose('word'))).toBe(2)
  await cluster.agreed()
  for (const id of cluster.ids) expect(cluster.words(id)).toEqual(['from the beginning', 'word'])
  expect(initial.words).toEqual(['from the beginning'])
  await cluster.stop()
})

test('command, result and state are inferred from the definition to propose and read', () => {
  type Command = { add: number } | { reset: true }
  const counter = defineStateMachine({
    initial: { total: 0 },
    apply: (state, command: Command) => {
      state.total = 'add' in command ? state.total + command.add : 0
      return { total: state.total }
    },
  })
  expectTypeOf(counter).toEqualTypeOf<StateMachineFactory<Command, { total: number }, { total: number }>>()

  const start = async () => RaftNode.start({ ...({} as Ports), stateMachine: counter })
  type Node = Awaited<ReturnType<typeof start>>
  expectTypeOf<Node>().toEqualTypeOf<RaftNode<Command, { total: number }, { total: number }>>()
  expectTypeOf<Parameters<Node['propose']>[0]>().toEqualTypeOf<Command>()
  expectTypeOf<ReturnType<Node['propose']>>().resolves.toEqualTypeOf<{ total: number }>()
  expectTypeOf<ReturnType<Node['proposeWithReceipt']>>().resolves.toEqualTypeOf<Receipt<{ total: number }>>()
  const use = (node: Node) => {
    expectTypeOf(node.read((state) => state.total)).resolves.toEqualTypeOf<number>()
    // @ts-expect-error: not a command of this machine
    void node.propose({ subtract: 1 })
  }
  expect(use).toBeTypeOf('function')

  const raw = defineStateMachine({
    initial: { bytes: 0 },
    codec: bytesCodec,
    apply: (state, command) => (state.bytes += command.length),
  })
  expectTypeOf(raw).toEqualTypeOf<StateMachineFactory<Uint8Array, number, { bytes: number }>>()
  expectTypeOf(jsonCodec<Command>().decode).returns.toEqualTypeOf<Command>()
  expect(WORDS.codec.decode(WORDS.codec.encode('word'))).toBe('word')
})

type Ports = Omit<Parameters<typeof RaftNode.start>[0], 'stateMachine'>
