// Safety under anything, liveness once it stops: Raft §5.6, "safety must not depend on timing".
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { initialState, step } from '../../src/consensus/index.js'
import { OPTIONS } from '../harness/options.js'
import { calm, ELECTION_MS, run } from '../harness/play-schedule.js'
import { check, PROPERTY_TIME } from '../harness/property.js'
import { schedules } from '../harness/schedule.js'

const FILE = 'test/consensus/random-schedules.property.test.ts'
const OF_STEADY = ['BecamePreCandidate', 'TimeoutNowSent', 'VoteRefused']

/** What the schedules really reached: a property over quiet clusters would prove nothing. */
const reached = new Map<string, number>()

describe('any schedule of losses, repeats, reorderings, partitions, crashes and slow disks', () => {
  test(
    'keeps every invariant, and once it stops all servers agree and every proposal is decided',
    PROPERTY_TIME,
    () => {
      const property = fc.property(schedules(500), (schedule) => {
        const cluster = run(schedule)
        calm(cluster)
        const { now } = cluster
        cluster.elect()
        expect(cluster.now - now).toBeLessThanOrEqual(ELECTION_MS)
        cluster.run(2 * OPTIONS.electionTimeoutMsMax)
        const leader = cluster.elect()
        cluster.propose(leader.id, 'last')
        cluster.run(3 * OPTIONS.heartbeatMs)
        const reads = [...cluster.servers.keys()].map((id) => [id, cluster.read(id)] as const)
        cluster.run(3 * OPTIONS.heartbeatMs)
        for (const [event, count] of cluster.happened) reached.set(event, (reached.get(event) ?? 0) + count)

        expect(leader.entries.at(-1)!.command).toBe('last')
        for (const { id, entries, disk, state, refusedReads } of cluster.servers.values()) {
          expect(entries, id).toEqual(leader.entries)
          expect(disk.log, id).toEqual(leader.entries)
          expect([state.commitIndex, state.lastApplied], id).toEqual([entries.length, entries.length])
          expect(refusedReads.filter((readId) => readId >= reads[0]![1])).toEqual([])
        }
        for (const [id, readId] of reads)
          expect(cluster.server(id).answered.get(readId)).toBe(leader.entries.length)
        // Refused means certainly not in the log, and nothing is there twice.
        const commands = leader.entries
          .map(({ command }) => command)
          .filter((command) => !command.startsWith('noop'))
        expect(new Set(commands).size).toBe(commands.length)
        const refused = new Set([...cluster.servers.values()].flatMap((server) => server.refusedProposals))
        expect(commands.filter((command) => refused.has(command))).toEqual([])
      })
      check(property, FILE, 3000)
    },
  )

  test(
    'replays: recorded inputs give a fresh server the same events, effects and state',
    PROPERTY_TIME,
    () => {
      const property = fc.property(schedules(300), (schedule) => {
        for (const server of run(schedule).servers.values()) {
          const { id, consensus, seed } = server.options
          const replayed = initialState(id, consensus, seed)
          const outputs = server.inputs.map((input) => step(replayed, input))
          expect(outputs).toEqual(server.outputs)
          expect(replayed).toEqual(server.state)
          expect(replayed.log.runs).toEqual(server.state.log.runs)
        }
      })
      check(property, FILE, 300)
    },
  )

  test('inputs, events and effects are plain data: JSON carries them', PROPERTY_TIME, () => {
    const property = fc.property(schedules(300), (schedule) => {
      for (const { inputs, outputs } of run(schedule).servers.values()) {
        const recorded = [inputs, outputs]
        expect(JSON.parse(JSON.stringify(recorded))).toEqual(recorded)
      }
    })
    check(property, FILE, 100)
  })
})

afterAll(() => {
  const { RIVERRAFT_PATH } = process.env
  if (RIVERRAFT_PATH !== undefined) return
  for (const event of [
    'BecameLeader',
    'CommitAdvanced',
    'LogTruncated',
    'FollowerProbed',
    'ReadsAnswered',
    'SnapshotTaken',
    'SnapshotInstalled',
    'LogCompacted',
    'SnapshotSendStarted',
    ...OF_STEADY,
  ]) {
    expect(reached.get(event), event).toBeGreaterThan(20)
  }
})
