// docs/api.md names every method, option, event and sentence, and no other.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEFAULT_LIMITS, type Limits } from '../src/node/options.js'
import { RaftNode } from '../src/node/raft-node.js'
import { EXPLANATION_CODES, type NodeEventType } from '../src/node/types.js'

const page = readFileSync(join(import.meta.dirname, '../../../docs/api.md'), 'utf8')

/** The first cells' names of the table under a heading, with the other cells. */
function table(heading: string): { name: string; cells: string[] }[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))!
  return [...section.matchAll(/^\| `(.*?)`(?:, `.*?`)* \|(.*)\|$/gm)].map(([, name, rest]) => {
    return { name: name!, cells: rest!.split('|').map((cell) => cell.trim()) }
  })
}

/** Type checking keeps this equal to the union of all events. */
const EVENT_TYPES: Record<NodeEventType, true> = {
  Recovered: true,
  TermAdvanced: true,
  VoteGranted: true,
  VoteRefused: true,
  ElectionTimeoutDrawn: true,
  ElectionTimerReset: true,
  BecameFollower: true,
  BecamePreCandidate: true,
  BecameCandidate: true,
  BecameLeader: true,
  VoteReceived: true,
  LeaderRecognized: true,
  LeaderContacted: true,
  TickWasLate: true,
  TransferStarted: true,
  TimeoutNowSent: true,
  TransferAborted: true,
  EntriesAppended: true,
  LogTruncated: true,
  MembershipChanged: true,
  RemovalCommitted: true,
  FollowerLeft: true,
  WriteStarted: true,
  WritesPersisted: true,
  CommitAdvanced: true,
  AppliedAdvanced: true,
  SnapshotTaken: true,
  SnapshotInstalled: true,
  LogCompacted: true,
  SnapshotSendStarted: true,
  SnapshotProgressed: true,
  SnapshotStalled: true,
  AppendSent: true,
  FollowerMatched: true,
  RoundTripMeasured: true,
  WindowGrown: true,
  WindowShrunk: true,
  FollowerContacted: true,
  FollowerProbed: true,
  HeartbeatSent: true,
  ReadRoundStarted: true,
  ReadQueued: true,
  ReadsAnswered: true,
  LeaseReadAnswered: true,
  WakeScheduled: true,
  LinkUp: true,
  LinkDown: true,
  HelloRefused: true,
  JoinAsked: true,
  JoinRefused: true,
  Joined: true,
  JoinGivenUp: true,
  CatchUpProgress: true,
  FollowerLagging: true,
  FollowerCaughtUp: true,
  SnapshotFailed: true,
  SnapshotDropped: true,
  Applied: true,
  Stopped: true,
  EventsDropped: true,
}

const UNITS: Record<string, number> = { KiB: 1_024, MiB: 1_024 * 1_024 }

test('every option, with its default', () => {
  const documented = table('Options').map(({ name, cells: [text] }) => {
    const [, digits, unit] = /^([\d,]+)(?: (\w+))?$/.exec(text!)!
    return [name, Number(digits!.replaceAll(',', '')) * (unit === undefined ? 1 : UNITS[unit]!)]
  })
  const expected: Limits = DEFAULT_LIMITS
  expect(Object.fromEntries(documented)).toEqual(expected)
})

test('every option has its unit', () => {
  for (const { name, cells } of table('Options')) {
    const unit = name.includes('Ms')
      ? 'ms'
      : name.includes('Bytes')
        ? 'bytes'
        : /^(\w+)$/.exec(cells[1]!)?.[1]
    expect(cells[1], name).toBe(unit)
  }
})

test('every event', () => {
  expect(table('Events').map(({ name }) => name)).toEqual(Object.keys(EVENT_TYPES))
})

test('every sentence', () => {
  expect(table('Sentences').map(({ name }) => name)).toEqual([...EXPLANATION_CODES])
})

test('every public method', () => {
  const documented = table('Methods').map(({ name }) => name.replace(/\(.*/, ''))
  const methods = Object.getOwnPropertyNames(RaftNode.prototype).filter((name) => name !== 'constructor')
  for (const method of methods) if (method !== 'members') expect(documented).toContain(method)
  for (const name of documented) {
    if (name === 'RaftNode.start') expect(RaftNode.start).toBeTypeOf('function')
    else if (!['id', 'closed', 'joined'].includes(name)) expect(methods).toContain(name)
  }
})

test('every field of a status', () => {
  const section = page.split(/^## /m).find((part) => part.startsWith('Status\n'))!
  const types = readFileSync(join(import.meta.dirname, '../src/node/status-types.ts'), 'utf8')
  for (const name of ['NodeStatus', 'FollowerStatus']) {
    const body = new RegExp(`interface ${name} \\{([^]*?)\\n\\}`).exec(types)![1]!
    for (const [, field] of body.matchAll(/^ {2}readonly (\w+):/gm)) {
      if (field !== 'followers') expect(section, `${name}.${field}`).toContain(`\`${field}\``)
    }
  }
})
