// What servers answer about their logs and their leaders: each checker seen to agree, and to fail with one thing wrong.
import { EntryKind, encodeBlock, type SnapshotMetadata } from '@riverraft/core'
import { expect, test } from 'vitest'
import { committedStays } from '../src/checkers/committed-stays.js'
import { electionSafety } from '../src/checkers/election-safety.js'
import { logMatching } from '../src/checkers/log-matching.js'
import { matchIndexIsTrue } from '../src/checkers/match-index.js'
import { refusalTellsTheTerm } from '../src/checkers/refusal-tells-the-term.js'
import { refusedForAReason } from '../src/checkers/refused-for-a-reason.js'
import { snapshotArrivesWhole } from '../src/checkers/snapshot-arrives-whole.js'
import { successorHasTheLog } from '../src/checkers/successor-has-the-log.js'
import { willingAsAVoter } from '../src/checkers/willing-as-a-voter.js'
import { Story } from './membership/story.js'

const RIGHT: string[] = []

test('a follower takes for its leader whoever was elected', () => {
  const story = new Story(electionSafety)
  story.event('a', { type: 'BecameLeader', term: 2, firstIndex: 1, at: 0 })
  expect(story.event('b', { type: 'LeaderRecognized', term: 2, leader: 'a' }).wrong).toEqual(RIGHT)
  expect(story.event('b', { type: 'LeaderRecognized', term: 2, leader: 'c' }).wrong).toEqual([
    'b follows c in term 2, its leader is a',
  ])
})

test('an append is refused for what the log lacks, not for what a snapshot has replaced', () => {
  const story = new Story(refusedForAReason).log(3, 1, 'ab').leads('a', 2)
  story.history.leaderLogs.set(2, [1, 1, 1, 2])
  story.view('b').term = 2
  const refuses = (rejectedIndex: number, round = 1): string[] =>
    story.sent('b', 'a', { type: 'AppendEntriesReply', term: 2, success: false, rejectedIndex, round }).wrong
  expect(refuses(4)).toEqual(RIGHT)
  expect(refuses(2)).toEqual(['b refuses what a sends behind entry 2 of term 1, which it has'])
  // That was about the term.
  expect(refuses(2, 0)).toEqual(RIGHT)
})

test('a vote is given to who asked with a log that is as good, of the later term or as long', () => {
  const story = new Story(willingAsAVoter).log(3, 1, 'ab').log(4, 2, 'b')
  const asks = (lastLogIndex: number, lastLogTerm: number, term: number): string[] =>
    story
      .sent('a', 'b', { type: 'RequestVote', term, lastLogIndex, lastLogTerm })
      .event('b', { type: 'VoteGranted', term, candidate: 'a' }).wrong
  expect(asks(4, 2, 3)).toEqual(RIGHT)
  expect(asks(2, 3, 4)).toEqual(RIGHT)
  expect(asks(9, 1, 5)).toEqual(['b votes for a, whose log ends at 9, and its own at 4'])
  expect(asks(3, 2, 6)).toHaveLength(1)
})

test('a log is kept behind a snapshot exactly when it has the last entry of it', () => {
  const installs = (lastIncludedTerm: number, logKept: boolean): string[] =>
    new Story(logMatching).log(3, 1, 'b').event('b', {
      type: 'SnapshotInstalled',
      lastIncludedIndex: 3,
      lastIncludedTerm,
      configuration: { voters: ['a', 'b', 'c'] },
      logKept,
    }).wrong
  expect(installs(1, true)).toEqual(RIGHT)
  expect(installs(2, false)).toEqual(RIGHT)
  expect(installs(2, true)).toEqual(['b keeps a log with term 1 at 3 behind a snapshot of term 2'])
  expect(installs(1, false)).toHaveLength(1)
})

test('a log restarts behind the entry that its batch names, also when the newest snapshot is a later one', () => {
  const story = new Story(logMatching).log(5, 1, 'b')
  const b = story.view('b')
  const metadata = { index: 7, term: 3, members: [], timestamp: 1 }
  b.durableSnapshot = { metadata, prefix: [1, 1, 2, 2, 2, 3, 3] }
  const entry = { kind: EntryKind.Command, payload: new Uint8Array(1) }
  const block = encodeBlock({ firstIndex: 6, term: 3, timestamp: 1 }, [entry, entry, entry])
  const batch = { hardState: undefined, truncateFrom: undefined, blocks: [{ block, firstIndex: 6 }] }
  const restart = { ...batch, restartBehind: { index: 5, term: 2 } }
  story.hooks.writing!(b, restart)
  b.durable(restart)
  expect(b.durableLog).toEqual([1, 1, 2, 2, 2, 3, 3, 3])
  expect(story.wrong).toEqual(RIGHT)
  // The same behind what was there.
  story.hooks.writing!(story.log(5, 1, 'c').view('c'), batch)
  expect(story.wrong).toHaveLength(1)
})

test('a snapshot that is given up on the way is none whose bytes are wrong', () => {
  const dropped = (reason: string): string[] =>
    new Story(snapshotArrivesWhole).event('b', { type: 'SnapshotDropped', from: 'a', index: 3, reason }).wrong
  expect(dropped('no more of it arrived')).toEqual(RIGHT)
  expect(dropped('the checksum of the whole snapshot')).toHaveLength(1)
})

test('who refuses a pre-vote tells its term', () => {
  const story = new Story(refusalTellsTheTerm)
  story.view('b').term = 4
  const refuses = (term: number): string[] =>
    story.sent('b', 'a', { type: 'PreVoteReply', term, askedTerm: 3, voteGranted: false }).wrong
  expect(refuses(4)).toEqual(RIGHT)
  expect(refuses(3)).toEqual(['b refuses a its vote and tells term 3, in term 4'])
})

test.each([
  [3, 'of the term in which it was committed', ['b truncates committed entry 1 from its disk']],
  [2, 'of a leader that was outvoted since', RIGHT],
])('a committed entry goes from a disk in term %i, %s', (term, _of, wrong) => {
  const story = new Story(committedStays).log(1, 1, 'abc')
  story.history.committed.push({ term: 1, inTerm: 3 })
  const b = story.view('b')
  b.term = term
  story.event('b', { type: 'LogTruncated', fromIndex: 1 })
  // It has heard of later terms before it writes.
  b.term = 4
  story.hooks.writing!(b, { truncateFrom: 1, blocks: [], hardState: undefined })
  expect(story.said).toEqual(wrong)
})

test('each write takes what was truncated before it, in the term of then', () => {
  const story = new Story(committedStays).log(1, 1, 'abc').log(2, 5, 'b')
  const b = story.view('b')
  for (const term of [5, 6]) {
    b.term = term
    story.event('b', { type: 'LogTruncated', fromIndex: 2 })
  }
  // Term 5's leader leads again, and commits what b is about to lose: it does not count on b.
  story.commit(1, 1)
  story.history.committed.push({ term: 5, inTerm: 7 })
  b.term = 7
  const writes = (): string[] => {
    story.hooks.writing!(b, { truncateFrom: 2, blocks: [], hardState: undefined })
    return story.wrong
  }
  expect(writes()).toEqual(RIGHT)
  expect(writes()).toEqual(RIGHT)
  story.event('b', { type: 'LogTruncated', fromIndex: 2 })
  expect(writes()).toHaveLength(1)
})

test('a write cuts a log, and not the snapshot that is about to take its place', () => {
  const story = new Story(committedStays).log(3, 1, 'abc')
  const b = story.view('b')
  for (const index of [2, 3]) b.storedLog[index - 1] = 2
  for (const term of [1, 3, 3]) story.history.committed.push({ term, inTerm: 3 })
  const metadata = { index: 3, term: 3 } as SnapshotMetadata
  b.durableSnapshot = { metadata, prefix: [1, 3, 3] }
  b.term = 4
  story.event('b', { type: 'LogTruncated', fromIndex: 2 })
  story.hooks.writing!(b, { truncateFrom: 2, blocks: [], hardState: undefined })
  expect(story.wrong).toEqual(RIGHT)
  expect(b.durableLog).toEqual([1, 3, 3])
})

test('a leader counts a follower as far as its disk has the same, unless a later leader has replaced that since', () => {
  const story = new Story(matchIndexIsTrue).leads('a', 2).log(1, 1, 'ab').log(2, 2, 'a')
  const counts = (matchIndex: number): string[] =>
    story.event('a', { type: 'FollowerMatched', follower: 'b', matchIndex }).wrong
  expect(counts(1)).toEqual(RIGHT)
  expect(counts(2)).toEqual([expect.stringMatching(/^a, leader of term 2, counts b up to 2 of term 2/)])
  story.view('b').durableHardState = { currentTerm: 3, votedFor: undefined }
  expect(counts(2)).toEqual(RIGHT)
})

test('what a learner has acknowledged may be told after another one has taken its id', () => {
  const story = new Story(matchIndexIsTrue).leads('a', 2).log(1, 2, 'ab')
  story.history.newcomer('b')
  const counts = (matchIndex: number): string[] =>
    story.event('a', { type: 'FollowerMatched', follower: 'b', matchIndex }).wrong
  expect(counts(1)).toEqual(RIGHT)
  story.log(2, 2, 'a')
  expect(counts(2)).toHaveLength(1)
})

test('who is told to campaign has the whole log of a leader, or what a leader that was removed has committed', () => {
  const story = new Story(successorHasTheLog).leads('a', 2).log(1, 2, 'ab')
  const tells = (): string[] => story.sent('a', 'b', { type: 'TimeoutNow', term: 2 }).wrong
  expect(tells()).toEqual(RIGHT)
  story.log(2, 2, 'a')
  expect(tells()).toEqual(['a tells b to campaign, which lacks entry 2'])
  story.view('a').commitIndex = 1
  story.event('a', { type: 'BecameFollower', term: 2, reason: 'removed' })
  expect(tells()).toEqual(RIGHT)
})

test('the word leaves at the end of the turn in which it was decided on: the log may have gone on by then', () => {
  const story = new Story(successorHasTheLog).leads('a', 2).log(1, 2, 'ab')
  story.event('a', { type: 'TimeoutNowSent', to: 'b' })
  story.log(2, 2, 'a').sent('a', 'b', { type: 'TimeoutNow', term: 2 })
  expect(story.wrong).toEqual(RIGHT)
  story.event('a', { type: 'TimeoutNowSent', to: 'b' }).sent('a', 'b', { type: 'TimeoutNow', term: 2 })
  expect(story.wrong).toEqual(['a tells b to campaign, which lacks entry 2'])
})
