// How new voters begin and how removals end: each checker seen to agree, and to fail with one thing wrong.
import { expect, test } from 'vitest'
import { newVotersAreReady } from '../../src/checkers/new-voters-are-ready.js'
import { removalIsTold } from '../../src/checkers/removal-is-told.js'
import { Story } from './story.js'

const RIGHT: string[] = []
const TIMEOUT_MS = 300

/** a leads since 0, d learns; the log grows by ten entries at each of these times. */
function growing(...times: number[]): Story {
  const story = new Story(newVotersAreReady(TIMEOUT_MS)).entry(1, 1, 'abc+d', 'a').leads('a', 1)
  story.event('a', { type: 'BecameLeader', term: 1, firstIndex: 2, at: 0 }, 0)
  for (const at of times) {
    const { length } = story.view('a').log
    story.event('a', { type: 'EntriesAppended', firstIndex: length + 1, lastIndex: length + 10, term: 1 }, at)
    story.event('a', { type: 'HeartbeatSent', at, round: at }, at)
  }
  return story
}

function answers(story: Story, who: string, at: number, matchIndex = 0): Story {
  for (const follower of who) {
    story.event('a', { type: 'FollowerContacted', follower, round: 1, at }, at)
    if (matchIndex > 0) story.event('a', { type: 'FollowerMatched', follower, matchIndex }, at)
  }
  return story
}

test('a new voter has what its leader had an election timeout ago', () => {
  const has = (matchIndex: number): string[] =>
    answers(growing(100, 200, 600), 'bcd', 690, matchIndex).appends('a', 'abcd<abc', 700).wrong
  // At 200 the log had 21 entries; its leader may have looked at 100 the last time, when it had 11.
  expect(has(11)).toEqual(RIGHT)
  expect(has(10)).toEqual(['a makes d a voter, which has 10 entries of at least 11'])
})

test('a majority of the new voters has been heard, unless the change is forced', () => {
  const begun = (heard: string): Story => answers(growing(100), heard, 150, 11)
  expect(begun('bcd').appends('a', 'ad<abc', 400).wrong).toEqual(RIGHT)
  const silent = answers(growing(100), 'd', 50, 11)
  expect(silent.appends('a', 'ad<abc', 400).wrong).toEqual([
    'a begins ad (before: abc), and has heard no majority of the new voters',
  ])
})

function removing(who: string): Story {
  const story = new Story(removalIsTold).entry(1, 1, 'abc+d', 'a').leads('a', 1)
  return story.appends('a', who).event('a', { type: 'CommitAdvanced', commitIndex: 2, term: 1 })
}

function beats(story: Story, times: number, from = 0): string[] {
  for (let i = 1; i <= times; i++) story.event('a', { type: 'HeartbeatSent', at: from + 150 * i, round: i })
  return story.wrong
}

test('whoever is removed is told so, once that is committed', () => {
  expect(beats(removing('abc+d'), 5)).toEqual(RIGHT)
  expect(beats(removing('abc'), 5)).toContain('a has committed 2, and does not tell those whom that removes')
  const told = removing('abc')
  beats(told, 1)
  told.event('a', { type: 'RemovalCommitted', commitIndex: 2, round: 1, until: 300 })
  expect(beats(told, 5)).toEqual(RIGHT)
})

test('a leader that has removed itself goes when that is committed, and does not stay', () => {
  const gone = { type: 'BecameFollower', term: 1, reason: 'removed' } as const
  const early = new Story(removalIsTold).entry(1, 1, 'bc', 'a').leads('a', 1)
  expect(early.event('a', gone).wrong).toEqual(['a steps down as removed, committed is 0 of bc'])
  const late = new Story(removalIsTold).entry(1, 1, 'bc', 'a').leads('a', 1).commit(1, 1, 'a')
  expect(beats(late, 5)).toEqual(RIGHT)
  expect(beats(late, 5, 1_000)[0]).toMatch(/^a leads for \d+ ms, and is no voter of bc$/)
  const right = new Story(removalIsTold).entry(1, 1, 'bc', 'a').leads('a', 1).commit(1, 1, 'a')
  beats(right, 2)
  expect(right.event('a', gone).wrong).toEqual(RIGHT)
})

test('whoever is removed is sent no snapshot that holds the removal: it could not tell that from members it never knew', () => {
  const story = removing('abc')
  const sends = (lastIncludedIndex: number, to: string): string[] =>
    story.sent('a', to, { type: 'InstallSnapshot', term: 1, lastIncludedIndex }).wrong
  expect(sends(1, 'd')).toEqual(RIGHT)
  expect(sends(2, 'b')).toEqual(RIGHT)
  expect(sends(2, 'd')).toEqual(['a sends d a snapshot of 2, which knows it no more'])
})
