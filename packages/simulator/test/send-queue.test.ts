// Back-pressure as the Transport port describes it: bounded, heartbeats replaced, the newest frame dropped when full.
import { EntryKind, type Frame } from '@riverraft/core'
import { expect, test } from 'vitest'
import { registersRun } from '../src/cli/registers-run.js'
import { runSeed } from '../src/index.js'
import { SEND_QUEUE_BYTES_MAX, SendQueue } from '../src/network/send-queue.js'

const frame = (commandBytes: number): Frame => ({
  group: 0,
  incarnation: '0011223344556677',
  messages: [
    {
      type: 'Forward',
      term: 1,
      processId: 1,
      sequence: 2,
      kind: EntryKind.Command,
      sessionId: 1,
      firstSequence: 1,
      acknowledgedBelow: 1,
      commands: [new Uint8Array(commandBytes)],
    },
  ],
})
const heartbeat = (round: number): Frame => ({
  group: 0,
  incarnation: '0011223344556677',
  messages: [
    { type: 'AppendEntries', term: 1, prevLogIndex: 0, prevLogTerm: 0, leaderCommit: 0, round, entries: [] },
  ],
})

test('a queued heartbeat is replaced by a newer one, which goes to the end', () => {
  const queue = new SendQueue()
  const first = frame(10)
  const second = frame(20)
  expect([heartbeat(1), first, heartbeat(2), second].map((one) => queue.push(one))).toEqual([
    'queued',
    'queued',
    'replaced',
    'queued',
  ])
  expect(queue.take()).toEqual([first, heartbeat(2), second])
  expect(queue.push(heartbeat(3))).toBe('queued')
})

test('a full queue drops the frame that is being sent, and has room again when it has drained', () => {
  const queue = new SendQueue()
  const large = frame(SEND_QUEUE_BYTES_MAX - 100)
  expect(queue.push(large)).toBe('queued')
  expect(queue.push(frame(100))).toBe('dropped')
  expect(queue.take()).toEqual([large])
  expect(queue.push(frame(100))).toBe('queued')
})

test('a single frame above the limit still passes through an empty queue', () => {
  expect(new SendQueue().push(frame(2 * SEND_QUEUE_BYTES_MAX))).toBe('queued')
})

test('pressure is reported once at the half, and once when it has drained', () => {
  const queue = new SendQueue()
  const told: (boolean | undefined)[] = []
  for (let i = 0; i < 4; i++) {
    queue.push(frame(SEND_QUEUE_BYTES_MAX / 4))
    told.push(queue.pressure())
  }
  queue.take()
  told.push(queue.pressure(), queue.pressure())
  expect(told).toEqual([undefined, true, undefined, undefined, false, undefined])
})

test('an empty tape congests nothing', async () => {
  const recording = { plan: [], nemesis: [], network: [], disk: [], clients: [] }
  const { coverage } = await runSeed(registersRun({ seed: 1, seconds: 5, recording }))
  expect([...coverage.keys()].filter((name) => /pressure|with its connection/.test(name))).toEqual([])
})
