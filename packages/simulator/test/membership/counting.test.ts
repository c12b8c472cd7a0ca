// Who is counted, and in which configuration: each checker seen to agree, and to fail with one thing wrong.
import { expect, test } from 'vitest'
import { askedBeforeCampaigning } from '../../src/checkers/asked-before-campaigning.js'
import { commitRule } from '../../src/checkers/commit-rule.js'
import { isQuorum, quorumValue } from '../../src/checkers/configurations.js'
import { electedByQuorum } from '../../src/checkers/elected-by-quorum.js'
import { leaderIsAtWork } from '../../src/checkers/leader-is-at-work.js'
import { leaseRestsOnARound } from '../../src/checkers/lease-rests-on-a-round.js'
import { readConfirmedAfterAsked } from '../../src/checkers/read-confirmed-after-asked.js'
import { configuration, Story } from './story.js'

const RIGHT: string[] = []

test('"separate majorities from both the old and new configurations" (§6)', () => {
  const joint = configuration('de<abc')
  const those =
    (ids: string) =>
    (id: string): boolean =>
      ids.includes(id)
  expect(isQuorum(joint, those('abde'))).toBe(true)
  expect(isQuorum(joint, those('abd'))).toBe(false)
  expect(isQuorum(joint, those('ade'))).toBe(false)
  expect(quorumValue(joint, (id) => ({ a: 9, b: 8, c: 7, d: 6, e: 5 })[id]!)).toBe(5)
  expect(quorumValue(configuration('abcd'), (id) => ({ a: 9, b: 8, c: 7, d: 6 })[id]!)).toBe(7)
})

const commits = { type: 'CommitAdvanced', commitIndex: 2, term: 1 } as const

test.each([
  ['a majority of the voters', 'abc', 'ab', true],
  ['a learner', 'abc+d', 'ad', false],
  ['both halves', 'ade<abc', 'abd', true],
  ['one half', 'ade<abc', 'ade', false],
  ['a leader that is in no configuration', 'bc', 'ab', false],
])('an entry is committed by %s', (_what, who, holders, isRight) => {
  const story = new Story(commitRule).entry(1, 1, who, 'abcde').leads('a', 1)
  story.log(2, 1, `a${holders}`)
  // A leader's memory is no disk.
  if (!holders.includes('a')) story.view('a').storedLog.length = 1
  expect(story.event('a', commits).wrong).toEqual(isRight ? RIGHT : [expect.stringMatching(/commits 2 of/)])
})

test.each([
  ['the voters', 'abc', 'b', true],
  ['a learner', 'abc+d', 'd', false],
  ['both halves', 'ade<abc', 'bd', true],
  ['one half', 'ade<abc', 'de', false],
  ['others, of which it is none', 'bc', 'bc', true],
  ['itself, though it is none', 'bc', 'b', false],
])('a leader is elected by %s', (_what, who, voters, isRight) => {
  const story = new Story(electedByQuorum).entry(1, 1, who, 'abcde')
  const candidate = story.view('a')
  candidate.durableHardState = { currentTerm: 2, votedFor: 'a' }
  for (const id of voters) story.sent(id, 'a', { type: 'RequestVoteReply', term: 2, voteGranted: true })
  story.event('a', { type: 'BecameLeader', term: 2, firstIndex: 2, at: 1 })
  expect(story.wrong).toEqual(isRight ? RIGHT : [expect.stringMatching(/^a is elected in term 2/)])
})

test('the vote of another storage than the committed one does not elect', () => {
  const story = new Story(electedByQuorum).entry(1, 1, 'abc', 'abc', { incarnation: '1'.repeat(16) })
  const [a, b] = [story.view('a'), story.view('b')]
  a.durableHardState = { currentTerm: 2, votedFor: 'a' }
  a.incarnation = '1'.repeat(16)
  b.incarnation = '2'.repeat(16)
  story.sent('b', 'a', { type: 'RequestVoteReply', term: 2, voteGranted: true })
  const elected = { type: 'BecameLeader', term: 2, firstIndex: 2, at: 1 } as const
  expect(story.event('a', elected).wrong).toHaveLength(1)
  b.incarnation = '1'.repeat(16)
  story.sent('b', 'a', { type: 'RequestVoteReply', term: 2, voteGranted: true })
  // What was given stays given, though the disk goes right after it.
  b.wipe()
  expect(story.event('a', elected).wrong).toEqual(RIGHT)
})

test('a candidate has asked both halves, or its leader has told it', () => {
  const story = new Story(askedBeforeCampaigning).entry(1, 1, 'ade<abc', 'abcde')
  const willing = (id: string): Story =>
    story.sent(id, 'a', { type: 'PreVoteReply', askedTerm: 1, term: 1, voteGranted: true })
  willing('d')
  expect(story.event('a', { type: 'BecameCandidate', term: 2 }).wrong).toHaveLength(1)
  willing('b')
  expect(story.event('a', { type: 'BecameCandidate', term: 2 }).wrong).toEqual(RIGHT)
  story.sent('a', 'e', { type: 'TimeoutNow', term: 1 })
  expect(story.event('e', { type: 'BecameCandidate', term: 2 }).wrong).toEqual(RIGHT)
})

test('a leader that hears from learners alone gives up', () => {
  const heartbeats = (heard: string): string[] => {
    const story = new Story(leaderIsAtWork(300, 1_000)).entry(1, 1, 'abc+de', 'abcde').leads('a', 1)
    story.event('a', { type: 'BecameLeader', term: 1, firstIndex: 1, at: 0 })
    for (let at = 0; at < 800; at += 50) {
      for (const follower of heard) story.event('a', { type: 'FollowerContacted', follower, round: 1, at })
      story.event('a', { type: 'HeartbeatSent', at, round: at / 50 + 1 })
    }
    return story.wrong
  }
  expect(heartbeats('b')).toEqual(RIGHT)
  expect(heartbeats('de')[0]).toMatch(/has heard from no quorum/)
})

test('a lease rests on the answers of both halves', () => {
  const story = new Story(leaseRestsOnARound(100)).entry(1, 1, 'ade<abc', 'abcde').leads('a', 1)
  story.event('a', { type: 'HeartbeatSent', at: 1_000, round: 1 })
  const answers = (id: string): Story =>
    story.sent(id, 'a', { type: 'AppendEntriesReply', term: 1, round: 1 })
  const reads = { type: 'LeaseReadAnswered', readId: 1, from: 'a', readIndex: 1, at: 1_050 } as const
  answers('d')
  expect(story.event('a', reads).wrong).toHaveLength(1)
  answers('b')
  expect(story.event('a', reads).wrong).toEqual(RIGHT)
})

test('a read is confirmed by both halves', () => {
  const story = new Story(readConfirmedAfterAsked, 'abc').log(1, 1, 'abcde').leads('a', 1)
  const answers = (): Story =>
    story.sent('a', 'b', { type: 'ReadIndexReply', term: 1, readId: 1, confirmed: true, readIndex: 0 })
  story.sent('b', 'a', { type: 'ReadIndexRequest', term: 1, readId: 1, lease: false })
  story.event('a', { type: 'HeartbeatSent', at: 1, round: 1 })
  story.sent('b', 'a', { type: 'AppendEntriesReply', term: 1, success: true, round: 1 })
  expect(answers().wrong).toEqual(RIGHT)

  story.entry(2, 1, 'ade<abc', 'abcde')
  story.sent('b', 'a', { type: 'ReadIndexRequest', term: 1, readId: 2, lease: false })
  story.event('a', { type: 'HeartbeatSent', at: 2, round: 2 })
  story.sent('b', 'a', { type: 'AppendEntriesReply', term: 1, success: true, round: 2 })
  const again = (): Story =>
    story.sent('a', 'b', { type: 'ReadIndexReply', term: 1, readId: 2, confirmed: true, readIndex: 0 })
  expect(again().wrong).toHaveLength(1)
  story.sent('d', 'a', { type: 'AppendEntriesReply', term: 1, success: true, round: 2 })
  expect(again().wrong).toEqual(RIGHT)
})
