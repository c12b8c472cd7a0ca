// Raft §6: changes that are not begun, and why.
import { expect, test } from 'vitest'
import { InvariantViolation } from '../../../src/consensus/index.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const consensus = { steadyLeader: true }
const { heartbeatMs, electionTimeoutMsMax } = OPTIONS

/** A leads A, B, C, its no-op is committed, both others were heard just now. */
function leader(): Solo {
  const a = new Solo({ consensus }).lead()
  for (const id of ['B', 'C']) a.acknowledge(id, 1)
  return a
}

const refused = (a: Solo): string[] => a.server.refusedChanges.splice(0)

test('not-leader: a follower changes nothing', () => {
  const a = new Solo({ consensus })
  a.server.change('A B')
  expect(refused(a)).toEqual(['not-leader'])
})

test('under-way: one change at a time, and its joint phase is part of it', () => {
  const a = leader()
  a.server.change('A B C', 'D')
  a.server.change('A B C', 'E')
  expect(refused(a)).toEqual(['under-way'])
  a.persist()
  a.acknowledge('B', 2)
  a.server.change('A B')
  a.persist()
  a.server.change('A B C')
  for (const id of ['B', 'C']) a.acknowledge(id, 3)
  a.server.change('A B C')
  expect(refused(a)).toEqual(['under-way', 'under-way'])
})

test('changed: compare-and-set, by the index of the configuration in force', () => {
  const a = leader()
  a.server.change('A B C', 'D', { expectedIndex: 0 })
  a.persist()
  a.acknowledge('B', 2)
  a.server.change('A B C', 'E', { expectedIndex: 0 })
  a.server.change('A B C', 'E', { expectedIndex: 2 })
  expect(refused(a)).toEqual(['changed'])
  expect(a.state.configuration).toEqual({ voters: ['A', 'B', 'C'], learners: ['E'] })
})

test('no-voters: somebody has to decide', () => {
  const a = leader()
  a.server.change('', 'A B C')
  expect(refused(a)).toEqual(['no-voters'])
})

test('handing-over: a leader that transfers its leadership', () => {
  const a = leader()
  a.server.step({ type: 'TransferLeadership', to: 'B' })
  a.server.change('A B')
  expect(refused(a)).toEqual(['handing-over'])
})

test('would-lose-quorum: a majority of the new voters is silent, unless that is wanted', () => {
  const a = leader()
  for (let ms = 0; ms <= electionTimeoutMsMax; ms += heartbeatMs) {
    a.elapse()
    a.acknowledge('B', 1)
  }
  a.server.change('A C')
  expect(refused(a)).toEqual(['would-lose-quorum'])
  a.server.change('A C', '', { force: true })
  expect(refused(a)).toEqual([])
  expect(a.state.configuration.outgoing).toEqual(['A', 'B', 'C'])
})

test('a refusal changes nothing', () => {
  const a = leader()
  const { lastIndex } = a.state.log
  a.server.change('A B Q')
  a.server.change('')
  expect(a.state.log.lastIndex).toBe(lastIndex)
  expect(a.state.configuration).toEqual({ voters: ['A', 'B', 'C'] })
})

test('somebody who is named twice is a mistake of the caller', () => {
  expect(() => leader().server.change('A B', 'B')).toThrow(InvariantViolation)
})
