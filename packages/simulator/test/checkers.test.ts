// The checkers themselves: each where its name says, and seen to fail.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  defineStateMachine,
  EntryKind,
  encodeBlock,
  type PeerMessage,
  type StoredState,
} from '@riverraft/core'
import { expect, test } from 'vitest'
import { durableSurvives } from '../src/checkers/durable-survives.js'
import { History } from '../src/checkers/history.js'
import type { NodeView, SnapshotView } from '../src/checkers/node-view.js'
import { readConfirmedAfterAsked } from '../src/checkers/read-confirmed-after-asked.js'
import { checkSnapshots } from '../src/checkers/snapshot-equals-replay.js'
import { registersRun } from '../src/cli/registers-run.js'
import type { Operation } from '../src/clients/operation.js'
import { type RegisterCommand, type Registers, registers } from '../src/clients/register-workload.js'
import { CHECKERS, checkFromOutside, runSeed } from '../src/index.js'

test('every property has a file of its name', () => {
  const files = readdirSync(join(import.meta.dirname, '../src/checkers'))
  const properties = CHECKERS.map(({ property }) => property)
  expect(new Set(properties).size).toBe(properties.length)
  expect(properties.filter((property) => !files.includes(`${property}.ts`))).toEqual([])
})

/** Every answer is the same, whatever happens inside. */
const silent = (firstOf: () => number) =>
  defineStateMachine({
    initial: { machine: 0, seen: new Map<number, number>() },
    apply(state, { key }: { key: number }) {
      state.machine ||= firstOf()
      state.seen.set(key, state.machine)
      return true
    },
  })
const workload = { command: (choice: { below(count: number): number }) => ({ key: choice.below(4) }) }

test('states that differ are found, also where no answer tells of it', { timeout: 60_000 }, async () => {
  let made = 0
  const differing = silent(() => ++made)
  const { violation } = await runSeed({ stateMachine: differing, workload, seed: 2, servers: 3, seconds: 20 })
  expect(violation?.property).toBe('same-state')
  const same = silent(() => 1)
  const sound = await runSeed({ stateMachine: same, workload, seed: 2, servers: 3, seconds: 20 })
  expect(sound.violation).toBeUndefined()
})

test('a read index is given out after a majority has confirmed a round younger than the question', () => {
  const said: string[] = []
  const history = new History(['a', 'b', 'c'], () => {})
  const { event, sent } = readConfirmedAfterAsked.hooks(history, (message) => said.push(message))
  const [a, b, c] = ['a', 'b', 'c'].map((id) => history.view(id)) as [NodeView, NodeView, NodeView]
  for (const view of [a, b, c]) view.term = 1
  const begins = (round: number): void =>
    event!(a, { type: 'HeartbeatSent', at: 1, round, node: 'a', sequence: 1, now: 1 })
  const confirms = (round: number): void =>
    sent!(c, 'a', { type: 'AppendEntriesReply', term: 1, success: true, matchIndex: 0, round } as PeerMessage)
  const answers = (readId: number): void =>
    sent!(a, 'b', { type: 'ReadIndexReply', term: 1, readId, confirmed: true, readIndex: 0 })
  const asks = (readId: number, lease = false): void =>
    sent!(b, 'a', { type: 'ReadIndexRequest', term: 1, readId, lease })

  asks(1)
  begins(1)
  confirms(1)
  answers(1)
  expect(said).toEqual([])
  asks(2)
  answers(2)
  expect(said).toHaveLength(1)
  begins(2)
  answers(2)
  expect(said).toHaveLength(2)
  confirms(2)
  answers(2)
  expect(said).toHaveLength(2)
  asks(3, true)
  answers(3)
  expect(said).toHaveLength(2)
})

test('a disk whose newest snapshots rot one after the other may show an older one, a sound disk may not', () => {
  const said: string[] = []
  const history = new History(['a'], () => {})
  const { opened } = durableSurvives.hooks(history, (message) => said.push(message))
  const a = history.view('a')
  const incarnation = '00000000000000aa'
  const shows = (index: number): void => {
    const snapshot = { index, term: 1, timestamp: 0, members: [], membersIndex: 0 }
    const runs = [{ firstIndex: 1, lastIndex: 30, term: 1 }]
    const stored = {
      formatted: false,
      hardState: { currentTerm: 1, votedFor: undefined },
      runs,
      snapshot,
      incarnation,
    }
    opened!(a, stored as unknown as StoredState)
    a.opened(stored as unknown as StoredState)
  }
  a.durableHardState = { currentTerm: 1, votedFor: undefined }
  a.storedLog = Array.from({ length: 30 }, () => 1)
  const [oldest, older, newest] = [10, 20, 30].map((index) => ({
    metadata: { index, term: 1 },
    prefix: Array.from({ length: index }, () => 1),
  })) as unknown as [SnapshotView, SnapshotView, SnapshotView]
  a.olderSnapshots = [oldest, older]
  a.durableSnapshot = newest
  a.rotten = true
  for (const index of [30, 20, 10]) shows(index)
  expect(said).toEqual([])
  expect(a.durableSnapshot).toBe(oldest)
  a.rotten = false
  a.durableSnapshot = newest
  a.olderSnapshots = [older]
  shows(20)
  expect(said).toHaveLength(1)
})

/** The content of a snapshot without sessions: version, the machine's bytes, the end. */
function contentOf(machine: Iterable<Uint8Array>): Uint8Array[] {
  const part = (kind: number, bytes: Uint8Array): Buffer => {
    const head = Buffer.alloc(5, kind)
    head.writeUInt32LE(bytes.length, 1)
    return Buffer.concat([head, bytes])
  }
  return [Buffer.from([1]), ...[...machine].map((piece) => part(2, piece)), part(0, new Uint8Array(0))]
}

test('a snapshot that differs from the log is found, though nobody has read it: state, sessions, time', async () => {
  const timestamp = 5
  const check = async (
    kind: number,
    machine: Iterable<Uint8Array>,
    changed: { timestamp?: number } = {},
  ): Promise<string | undefined> => {
    const history = new History(['a'], () => {})
    const ttl = new Uint8Array(24)
    ttl[1] = 4
    history.learn(encodeBlock({ firstIndex: 1, term: 2, timestamp }, [{ kind, payload: ttl }]), 1, 0)
    history.committed.push({ term: 2, inTerm: 2 })
    const metadata = { index: 1, term: 2, members: [], timestamp, ...changed }
    history.saved('a', metadata, contentOf(machine))
    return checkSnapshots(history, registers)
  }
  const state = (...commands: RegisterCommand[]): Iterable<Uint8Array> => {
    const machine = registers.create()
    for (const command of commands)
      machine.apply(command, { index: 1, term: 2, timestamp, session: undefined })
    return machine.snapshot().content as Iterable<Uint8Array>
  }
  expect(await check(EntryKind.Noop, state())).toBeUndefined()
  expect(await check(EntryKind.Noop, state({ type: 'write', key: 'a', value: 1 }))).toMatch(/its state is/)
  expect(await check(EntryKind.OpenSession, state())).toMatch(/lacks session 1/)
  expect(await check(EntryKind.Noop, state(), { timestamp: 6 })).toMatch(/at 6/)
})

test('a search that cannot decide is a failure', { timeout: 60_000 }, async () => {
  let seen: readonly Operation<RegisterCommand, Registers>[] = []
  const run = registersRun({ seed: 1, seconds: 10 })
  const judge = (operations: typeof seen): undefined => {
    seen = operations
  }
  await runSeed({ ...run, judge })
  expect(seen.length).toBeGreaterThan(50)
  expect(checkFromOutside(seen)).toBeUndefined()
  expect(checkFromOutside(seen, { stepsMax: 3 })).toMatch(/^undecided: out of steps on \d+ operations/)

  const undecided = await runSeed({ ...run, judge: (all) => checkFromOutside(all, { stepsMax: 3 }) })
  expect(undecided.violation).toMatchObject({ property: 'client-history-as-seen-from-outside' })
})
