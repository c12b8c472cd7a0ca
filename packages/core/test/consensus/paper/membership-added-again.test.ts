// Raft §6: a server that is removed and added again is a member, whatever it still has to learn.
import { expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import type { Letter } from '../../harness/letter.js'
import { OPTIONS } from '../../harness/options.js'

const { heartbeatMs } = OPTIONS

test('a leader that has not committed in its term does not make it believe that it is still removed', () => {
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

  // D has the entry that removes it, and hears no more: neither that it is committed nor that it is added again.
  a.change('A B C')
  deliver(() => d.state.configuration.voters.length !== 3 || d.state.configuration.outgoing !== undefined)
  deliver(({ from, to }) => from !== 'D' && to !== 'D')
  expect(d.state.configuration.voters).toEqual(['A', 'B', 'C'])
  const removedAt = d.state.log.lastIndex
  expect(d.state.commitIndex).toBe(removedAt - 1)
  a.change('A B C', 'D')
  deliver(({ from, to }) => from === 'A' && (to === 'B' || to === 'C'))
  expect(cluster.server('B').state).toMatchObject({
    commitIndex: removedAt,
    configuration: { learners: ['D'] },
  })

  // The next leader does not know that more than the removal is committed, and its disk and C are slow.
  a.crash()
  cluster.pool = []
  const b = cluster.server('B')
  cluster.campaign('B')
  deliver(({ message }) => message.type === 'RequestVote' || message.type === 'RequestVoteReply')
  expect(b.state).toMatchObject({ commitIndex: removedAt, role: { role: 'leader' } })
  const hasEntries = ({ message }: Letter): boolean =>
    message.type === 'AppendEntries' && message.entries.length > 0
  for (let round = 0; round < 3; round++) {
    cluster.now += heartbeatMs
    cluster.tickDue()
    // All entries for D are lost, for the time being.
    deliver((letter) => ['BD', 'DB'].includes(letter.from + letter.to) && !hasEntries(letter))
  }
  cluster.pool = []
  expect(b.state.commitIndex).toBe(removedAt)
  expect(d.removals).toBe(0)

  cluster.heal()
  cluster.run(3 * heartbeatMs)
  expect(d.removals).toBe(0)
  expect(d.state.configuration.learners).toEqual(['D'])
  expect(cluster.log('D')).toEqual(cluster.log('B'))
})
