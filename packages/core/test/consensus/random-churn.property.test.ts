// Raft §6 under anything: members come and go while messages are lost, servers crash, and changes are cut off half-way.
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Cluster } from '../harness/cluster.js'
import { calm, ELECTION_MS, run } from '../harness/play-schedule.js'
import { check, PROPERTY_TIME } from '../harness/property.js'
import { schedules } from '../harness/schedule.js'

const FILE = 'test/consensus/random-churn.property.test.ts'

/** What the schedules really reached: a property over clusters that refuse every change would prove nothing. */
const reached = new Map<string, number>()

function count(what: string, times = 1): void {
  reached.set(what, (reached.get(what) ?? 0) + times)
}

function note({ happened, servers }: Cluster): void {
  for (const [event, times] of happened) count(event, times)
  for (const { refusedChanges, removals, outputs } of servers.values()) {
    for (const reason of refusedChanges) count(reason)
    count('Removed', removals)
    for (const { events } of outputs) {
      for (const event of events) {
        if (event.type === 'MembershipChanged') count(event.configuration.outgoing ? 'joint' : 'not joint')
        if (event.type === 'BecameFollower' && event.reason === 'removed') count('leader removed')
      }
    }
  }
}

describe('any schedule of membership changes, crossed with losses, crashes, partitions and slow disks', () => {
  test('keeps every invariant', PROPERTY_TIME, () => {
    const property = fc.property(schedules(600, true), (schedule) => note(run(schedule)))
    check(property, FILE, 2000)
  })

  test(
    'once it stops, no configuration is joint, all members agree, and who is out disturbs nobody',
    PROPERTY_TIME,
    () => {
      const property = fc.property(schedules(500, true), (schedule) => {
        const cluster = run({ ...schedule, steady: true })
        calm(cluster)
        const { now } = cluster
        cluster.elect()
        // A removed leader may still be followed by its successor.
        expect(cluster.now - now).toBeLessThanOrEqual(2 * ELECTION_MS)
        cluster.run(2 * ELECTION_MS)
        const leader = cluster.elect()
        const { currentTerm, configuration } = leader.state
        cluster.propose(leader.id, 'last')
        const readId = cluster.read(leader.id)
        cluster.run(ELECTION_MS)
        note(cluster)

        expect(leader.state).toMatchObject({ currentTerm, role: { role: 'leader' } })
        expect(leader.state.configuration).toBe(configuration)
        expect(configuration.outgoing).toBeUndefined()
        expect(leader.entries.at(-1)!.command).toBe('last')
        expect(leader.answered.has(readId)).toBe(true)
        const { voters, learners = [] } = configuration
        for (const id of [...voters, ...learners]) {
          const { entries, state } = cluster.server(id)
          expect(entries, id).toEqual(leader.entries)
          expect([state.commitIndex, state.lastApplied], id).toEqual([entries.length, entries.length])
        }
      })
      check(property, FILE, 500)
    },
  )
})

afterAll(() => {
  const { RIVERRAFT_PATH } = process.env
  if (RIVERRAFT_PATH !== undefined) return
  const always = [
    'joint',
    'not joint',
    'leader removed',
    'Removed',
    'RemovalCommitted',
    'FollowerLeft',
    'SnapshotTaken',
    'LogCompacted',
    'SnapshotSendStarted',
    'wiped',
  ]
  const refusals = [
    'under-way',
    'not-yet-committed',
    'no-voters',
    'unknown-learner',
    'not-caught-up',
    'would-lose-quorum',
  ]
  // Some 25 and 80 times in a run: fewer than five is no matter of luck.
  for (const what of ['LogTruncated', 'SnapshotInstalled']) expect(reached.get(what), what).toBeGreaterThan(4)
  for (const what of [...always, ...refusals]) expect(reached.get(what), what).toBeGreaterThan(20)
})
