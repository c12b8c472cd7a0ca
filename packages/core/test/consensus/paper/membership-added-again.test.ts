// Raft §6: a server that is removed and added again is a member, whatever it still has to learn.
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import type { Letter } from '../../harness/letter.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const { heartbeatMs } = OPTIONS

/** D has the entry that removes it from A's cluster, and hears no more: not even that it is committed. */
function removedUnheard() {
  const cluster = new Cluster({ size: 4, consensus: { steadyLeader: false } })
  const a = cluster.elect('A')
  cluster.run(heartbeatMs)
  const d = cluster.server('D')
  const deliver = (wanted: (letter: Letter) => boolean): void => {
    for (;;) {
      const letter = cluster.pool.find(wanted)
      if (letter === undefined) return
      cluster.deliver(letter)
    }
  }
  const deliverToOthers = (): void => deliver(({ from, to }) => from !== 'D' && to !== 'D')
  a.change('A B C')
  deliver(() => d.state.configuration.voters.length !== 3 || d.state.configuration.outgoing !== undefined)
  deliverToOthers()
  expect(d.state.configuration.voters).toEqual(['A', 'B', 'C'])
  const removedAt = d.state.log.lastIndex
  expect(d.state.commitIndex).toBe(removedAt - 1)

  const hasEntries = ({ message }: Letter): boolean =>
    message.type === 'AppendEntries' && message.entries.length > 0
  const heartbeatsFrom = (leader: string): void => {
    for (let round = 0; round < 2; round++) {
      cluster.now += heartbeatMs
      cluster.tickDue()
      // All entries for D are lost, for the time being.
      deliver(
        (letter) => [`${leader}D`, `D${leader}`].includes(letter.from + letter.to) && !hasEntries(letter),
      )
    }
  }
  /** The next leader: it does not know that what A committed last is committed, and its disk and C are slow. */
  const follows = (commitIndex: number): void => {
    a.crash()
    cluster.pool = []
    cluster.campaign('B')
    deliver(({ message }) => message.type === 'RequestVote' || message.type === 'RequestVoteReply')
    expect(cluster.server('B').state).toMatchObject({ commitIndex, role: { role: 'leader' } })
  }
  const staysAMember = (leader: string): void => {
    cluster.pool = []
    expect(d.removals).toBe(0)
    cluster.heal()
    cluster.run(2 * OPTIONS.electionTimeoutMsMax)
    expect(d.removals).toBe(0)
    expect(d.state.configuration.learners).toEqual(['D'])
    expect(cluster.log('D')).toEqual(cluster.log(leader))
  }
  return { cluster, a, removedAt, deliver, deliverToOthers, heartbeatsFrom, follows, staysAMember }
}

test('a leader that has not committed in its term does not make it believe that it is still removed', () => {
  const { cluster, a, removedAt, deliver, heartbeatsFrom, follows, staysAMember } = removedUnheard()
  a.change('A B C', 'D')
  deliver(({ from, to }) => from === 'A' && (to === 'B' || to === 'C'))
  expect(cluster.server('B').state.configuration).toMatchObject({ learners: ['D'] })
  follows(removedAt)
  heartbeatsFrom('B')
  expect(cluster.server('B').state.commitIndex).toBe(removedAt)
  staysAMember('B')
})

test.each(['the leader', 'the next leader'])(
  '%s does not tell it of the commit right before either',
  (who) => {
    const { cluster, a, removedAt, deliver, deliverToOthers, heartbeatsFrom, follows, staysAMember } =
      removedUnheard()
    // Another change of the others stands between its removal and its return: an address, say.
    a.change('A B C')
    deliverToOthers()
    expect(a.state.commitIndex).toBe(removedAt + 1)
    cluster.pool = []
    a.change('A B C', 'D')
    if (who === 'the leader') heartbeatsFrom('A')
    else {
      deliver(({ from, to }) => from === 'A' && (to === 'B' || to === 'C'))
      follows(removedAt + 1)
      heartbeatsFrom('B')
    }
    staysAMember(who === 'the leader' ? 'A' : 'B')
  },
)

describe('"If a server loses any of its persistent state, it cannot safely rejoin the cluster with its prior identity" (thesis §3.8)', () => {
  test('who has nothing at all votes for nobody, told to or not: somebody may count on what it was', () => {
    for (const transfer of [false, true]) {
      const d = new Solo({ voters: [] })
      const request = { type: 'RequestVote', term: 2, lastLogIndex: 8, lastLogTerm: 1, transfer } as const
      d.receive('C', request)
      d.persist()
      expect(d.state.votedFor).toBeUndefined()
      expect(d.events).toContainEqual(
        expect.objectContaining({ type: 'VoteRefused', reason: 'knows-nobody' }),
      )
      const asked = d.receive('C', { type: 'PreVote', term: 2, lastLogIndex: 8, lastLogTerm: 1 })
      expect(asked).toMatchObject([{ type: 'PreVoteReply', voteGranted: false }])
    }
  })

  test('removed, wiped and started, it elects nobody who was away while it was removed', () => {
    const cluster = new Cluster({ size: 3, consensus: { steadyLeader: true } })
    const a = cluster.elect('A')
    cluster.run(heartbeatMs)
    cluster.partition('AB', 'C')
    a.change('A', 'C')
    cluster.propose('A', 'committed')
    cluster.run(heartbeatMs)
    expect(a.state.commitIndex).toBe(a.state.log.lastIndex)
    expect(cluster.server('B').removals).toBe(1)
    cluster.wipe('B')
    // C knows neither of the removal nor which disk B had.
    cluster.server('C').crash()
    cluster.server('C').acquaintances.forget()
    for (const id of 'BC') cluster.start(id)
    cluster.partition('A', 'BC')
    cluster.run(20 * OPTIONS.electionTimeoutMsMax)
    expect(cluster.server('C').state.role.role).toBe('pre-candidate')
    cluster.heal()
    cluster.run(4 * OPTIONS.electionTimeoutMsMax)
    expect(a.state.role.role).toBe('leader')
    expect(cluster.log('C')).toEqual(cluster.log('A'))
  })
})
