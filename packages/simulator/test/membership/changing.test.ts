// How members may change: each checker seen to agree, and to fail with one thing wrong.
import type { EntryBlock } from '@riverraft/core'
import { expect, test } from 'vitest'
import { changeAnswersAreTrue } from '../../src/checkers/change-answers-are-true.js'
import { type ChangeCall, targetsOf } from '../../src/checkers/change-call.js'
import { configurationsOverlap } from '../../src/checkers/configurations-overlap.js'
import { generationsStayApart } from '../../src/checkers/generations-stay-apart.js'
import type { NodeView } from '../../src/checkers/node-view.js'
import { oneChangeAtATime } from '../../src/checkers/one-change-at-a-time.js'
import { onlyVotersCampaign } from '../../src/checkers/only-voters-campaign.js'
import { snapshotHasItsConfiguration } from '../../src/checkers/snapshot-has-its-configuration.js'
import { stopsWhenRemoved } from '../../src/checkers/stops-when-removed.js'
import { usesTheConfigurationOfItsLog } from '../../src/checkers/uses-the-configuration-of-its-log.js'
import { wipedIsNotCounted } from '../../src/checkers/wiped-is-not-counted.js'
import { wipedNodeIsRefused } from '../../src/checkers/wiped-node-is-refused.js'
import { configuration, members, Story } from './story.js'

const RIGHT: string[] = []

test('a change begins when the one before is committed, and its leader has committed in its term', () => {
  const story = new Story(oneChangeAtATime).log(1, 1, 'abc').leads('a', 1)
  expect(story.appends('a', 'abc+d').wrong).toEqual(['a changes members at 2 before it committed in term 1'])
  story.view('a').commitIndex = 1
  expect(story.appends('a', 'abc+de').wrong).toEqual(['a changes members at 3, that of 2 is not committed'])
  story.view('a').commitIndex = 3
  expect(story.appends('a', 'abc').wrong).toEqual(RIGHT)
})

test.each([
  ['abc', 'abc+d', true],
  ['abc', 'abd', false],
  ['abc', 'abd<abc', true],
  ['abc', 'abd<ab', false],
  ['abd<abc', 'abd', true],
  ['abd<abc', 'abc', false],
  ['abd+e<abc', 'abd', false],
  ['abd<abc', 'abe<abd', false],
])('%s may be followed by %s: %s', (before, after, isRight) => {
  const story = new Story(configurationsOverlap).entry(1, 1, before, 'abc').leads('a', 1)
  story.appends('a', after)
  const wrong = isRight ? RIGHT : [expect.stringMatching(/^a at 2: .* is followed by/)]
  expect(story.wrong).toEqual(wrong)
  // Others see the bytes only, when it is committed.
  const other = new Story(configurationsOverlap).entry(1, 1, before, 'abc').entry(2, 1, after, 'b')
  other.event('b', { type: 'CommitAdvanced', commitIndex: 2, term: 1 })
  expect(other.wrong.filter((text) => text.startsWith('b commits 2'))).toHaveLength(isRight ? 0 : 1)
})

test('who stays a member keeps its incarnation', () => {
  const [one, two] = ['1'.repeat(16), '2'.repeat(16)]
  const story = new Story(configurationsOverlap).entry(1, 1, 'abc', 'a', { incarnation: one })
  story.entry(2, 1, 'abc', 'a', { incarnation: two })
  expect(story.event('a', { type: 'CommitAdvanced', commitIndex: 2, term: 1 }).wrong).toHaveLength(1)
})

test('a follower uses the configuration of its log, and says so at once', () => {
  const story = new Story(usesTheConfigurationOfItsLog).log(1, 1, 'b')
  story.entry(2, 1, 'abd<abc', '')
  story.event('b', { type: 'EntriesAppended', firstIndex: 2, lastIndex: 2, term: 1 })
  const says = (index: number, who: string): Story =>
    story.event('b', { type: 'MembershipChanged', index, configuration: configuration(who) })
  expect(says(2, 'abd<abc').wrong).toEqual(RIGHT)
  expect(says(2, 'abd').wrong).toHaveLength(1)

  story.event('b', { type: 'LogTruncated', fromIndex: 2 })
  expect(story.event('b', { type: 'EntriesAppended', firstIndex: 2, lastIndex: 2, term: 3 }).wrong).toEqual([
    'b does not say that abc is in force',
  ])
  expect(says(2, 'abd<abc').wrong).toHaveLength(1)
  expect(says(0, 'abc').wrong).toEqual(RIGHT)
})

test('the bytes of an entry are what its leader has said of it', () => {
  const { configurations } = new Story(oneChangeAtATime).history
  const learn = (term: number, who: string): string | undefined =>
    configurations.learn({ members: members(who), lastIndex: 2, term } as unknown as EntryBlock)
  configurations.announce(2, 1, configuration('abc+d'))
  expect(learn(1, 'abc+d')).toBeUndefined()
  configurations.announce(2, 3, configuration('abc+d'))
  expect(learn(3, 'abc+e')).toMatch(/^the configuration of 2 is abc and learners e/)
})

test('learners and who was removed do not campaign; who may still be needed does', () => {
  const asks = (story: Story, id: string): string[] =>
    story.event(id, { type: 'BecamePreCandidate', term: 1 }).wrong
  expect(asks(new Story(onlyVotersCampaign).entry(1, 1, 'abc+d', 'abcd'), 'd')).toHaveLength(1)
  expect(asks(new Story(onlyVotersCampaign).entry(1, 1, 'abc+d', 'abcd'), 'a')).toEqual(RIGHT)
  const removed = new Story(onlyVotersCampaign).entry(1, 1, 'bc', 'abc')
  expect(asks(removed, 'a')).toEqual(RIGHT)
  removed.view('a').commitIndex = 1
  expect(asks(removed, 'a')).toHaveLength(1)
  const another = new Story(onlyVotersCampaign).entry(1, 1, 'abc', 'abc', { incarnation: '1' })
  another.view('a').incarnation = '1'
  another.view('b').incarnation = '2'
  expect(asks(another, 'a')).toEqual(RIGHT)
  expect(asks(another, 'b')).toHaveLength(1)
})

test('what a wiped server says under its old id is not counted', () => {
  const story = new Story(wipedIsNotCounted)
  story.view('a').role = 'candidate'
  const vote = { type: 'RequestVoteReply', term: 1, voteGranted: true } as const
  const counts = (term: number): string[] =>
    story.event('a', { type: 'VoteReceived', term, voter: 'b', voteGranted: true }).wrong
  const matches = (matchIndex: number): string[] =>
    story.event('a', { type: 'FollowerMatched', follower: 'b', matchIndex }).wrong
  story.sent('b', 'a', vote)
  story.sent('b', 'a', { type: 'AppendEntriesReply', term: 0, success: true, matchIndex: 3 })
  story.view('b').wiped = true
  expect(counts(1)).toEqual(RIGHT)
  expect(matches(3)).toEqual(RIGHT)
  story.sent('b', 'a', { ...vote, term: 2 })
  expect(counts(2)).toHaveLength(1)
  expect(matches(4)).toHaveLength(1)
})

/** What is said of `by` when it lets `id` in with this storage. */
function letsIn(story: Story, by: NodeView, id: NodeView): (incarnation: string) => string[] {
  return (incarnation) => {
    story.hooks.greeted!(id, by, { incarnation, generation: 0 }, undefined)
    return story.wrong
  }
}

test('another storage is let in under an id that was removed, and under no other', () => {
  const story = new Story(wipedNodeIsRefused, 'abc').entry(1, 1, 'abc', 'a')
  const [a, b] = [story.view('a'), story.view('b')]
  const comes = letsIn(story, a, b)
  expect(comes('1')).toEqual(RIGHT)
  expect(comes('2')).toEqual(['a lets b in with another storage than before'])
  story.entry(2, 1, 'ac', 'a').entry(3, 1, 'ac+b', 'a')
  expect(comes('3')).toEqual(RIGHT)
})

test('another storage is let in by whoever has not heard yet that it is a member', () => {
  const story = new Story(wipedNodeIsRefused, 'abc').entry(1, 1, 'abc', 'ab')
  const [a, b] = [story.view('a'), story.view('b')]
  const comes = letsIn(story, a, b)
  expect(comes('1')).toEqual(RIGHT)
  story.entry(2, 1, 'abc', 'b', { incarnation: '2' })
  expect(comes('2')).toEqual(RIGHT)
  expect(comes('3')).toHaveLength(1)
})

test('a snapshot tells of its members as of its own index, behind the entry that its judge has, too', () => {
  const story = new Story(wipedNodeIsRefused, 'abcd').entry(1, 1, 'abc+d', 'ad')
  const [a, d] = [story.view('a'), story.view('d')]
  const comes = letsIn(story, a, d)
  expect(comes('1')).toEqual(RIGHT)
  expect(comes('2')).toHaveLength(1)
  const learning = { voters: [...'abc'], learners: ['d'] }
  story.event('d', { type: 'MembershipChanged', index: 5, configuration: learning })
  expect(comes('3')).toEqual(RIGHT)
})

test('another storage is let in with a configuration that leaves out the one before, if it is news to its judge', () => {
  const story = new Story(wipedNodeIsRefused, 'abc').entry(1, 1, 'abc', 'ab', { incarnation: '1' })
  const [a, b] = [story.view('a'), story.view('b')]
  const comes = letsIn(story, a, b)
  expect(comes('1')).toEqual(RIGHT)
  expect(comes('2')).toHaveLength(1)
  story.entry(2, 1, 'ac', 'b')
  expect(comes('3')).toEqual(RIGHT)
  story.entry(3, 1, 'abc', 'b', { incarnation: '3' })
  expect(comes('4')).toHaveLength(1)
})

test('a configuration that a deposed leader appended is no later one, wherever it stands', () => {
  const story = new Story(wipedNodeIsRefused, 'abc').entry(1, 1, 'abc', 'ab', { incarnation: '1' })
  const [a, b] = [story.view('a'), story.view('b')]
  const comes = letsIn(story, a, b)
  story.entry(5, 1, 'abc+d', 'a', { incarnation: '1' })
  expect(comes('1')).toEqual(RIGHT)
  story.entry(2, 1, 'abc', 'b', { incarnation: '2' })
  expect(comes('2')).toHaveLength(1)
  story.entry(3, 2, 'abc', 'b', { incarnation: '3' })
  expect(comes('3')).toEqual(RIGHT)
})

test.each([
  ['ac', RIGHT],
  ['abc', ['a lets b in with another storage than before']],
])('met while out by an entry that is truncated, it counts that the one before says %s', (before, wrong) => {
  const story = new Story(wipedNodeIsRefused, 'abc').entry(1, 1, before, 'a').entry(2, 1, 'ac', 'a')
  const [a, b] = [story.view('a'), story.view('b')]
  story.hooks.greeted!(b, a, { incarnation: '1', generation: 0 }, undefined)
  story.event('a', { type: 'LogTruncated', fromIndex: 2 }).entry(2, 2, 'ac+b', 'a')
  story.hooks.greeted!(b, a, { incarnation: '2', generation: 0 }, undefined)
  expect(story.wrong).toEqual(wrong)
})

test('nobody of another generation is let in', () => {
  const story = new Story(generationsStayApart)
  const [a, b] = [story.view('a'), story.view('b')]
  const comes = (refusal?: string, generation = 0): string[] => {
    story.hooks.greeted!(b, a, { incarnation: '1', generation }, refusal)
    return story.wrong
  }
  expect(comes()).toEqual(RIGHT)
  a.generation = 1
  expect(comes('earlier-generation')).toEqual(RIGHT)
  // Its disk may have been replaced since it said hello (seed 4034).
  expect(comes(undefined, 1)).toEqual(RIGHT)
  expect(comes()).toEqual(['a of generation 1 lets b of generation 0 in'])
})

test('a snapshot has the members that are committed as of its index', () => {
  const story = new Story(snapshotHasItsConfiguration).log(1, 1, 'a').entry(2, 1, 'abc+d', 'a').commit(2, 1)
  const saves = (index: number, who: string): string[] => {
    story.hooks.saved!(story.view('a'), { index, term: 1, members: members(who), timestamp: 0 })
    return story.wrong
  }
  expect(saves(1, 'abc')).toEqual(RIGHT)
  expect(saves(2, 'abc+d')).toEqual(RIGHT)
  expect(saves(1, 'abc+d')).toHaveLength(1)
  expect(saves(2, 'abc')).toHaveLength(1)
})

test('who says that it was removed, was', () => {
  const story = new Story(stopsWhenRemoved).entry(1, 1, 'bc', 'abc')
  const stops = (): string[] => {
    story.hooks.stopped!(story.view('a'), 'ERR_REMOVED')
    return story.wrong
  }
  expect(stops()).not.toEqual(RIGHT)
  story.commit(1, 1)
  expect(stops()).toEqual(RIGHT)
  story.entry(2, 1, 'bc+a', '')
  expect(stops()).toHaveLength(1)
  story.log(3, 2, 'bc').commit(2, 1).commit(3, 2)
  expect(stops()).toHaveLength(1)
})

test('an entry that was lost with its leader makes nobody a member again', () => {
  const story = new Story(stopsWhenRemoved).entry(3, 1, 'abc+d', '').entry(1, 2, 'bc', 'abc').commit(1, 2)
  story.hooks.stopped!(story.view('a'), 'ERR_REMOVED')
  expect(story.wrong).toEqual(RIGHT)
})

function called(story: Story, change: ChangeCall['change']): ChangeCall {
  const node = story.view('a')
  const targets = targetsOf(node.configuration, change)
  const floor = story.history.committed.length
  const answer = { appended: false, open: true, code: undefined, membership: undefined }
  const call = { node, change, targets, floor, ...answer }
  story.history.calls.push(call)
  return call
}

test('a leader appends what it was asked for, and what it refuses it has not appended', () => {
  const add = [{ id: 'd', address: 'd', role: 'voter' as const }]
  const story = new Story(changeAnswersAreTrue).log(1, 1, 'abc').leads('a', 1)
  expect(story.appends('a', 'abc+d').wrong).toEqual([expect.stringMatching(/which nobody has asked for/)])

  const asked = new Story(changeAnswersAreTrue).log(1, 1, 'abc').leads('a', 1)
  const call = called(asked, { add, expectedIndex: 0 })
  expect(asked.appends('a', 'abc+d').appends('a', 'abcd<abc').appends('a', 'abcd').wrong).toEqual(RIGHT)
  asked.hooks.changed!(Object.assign(call, { open: false, code: 'ERR_TIMEOUT' }))
  expect(asked.wrong).toEqual([expect.stringMatching(/^a says ERR_TIMEOUT, and has appended/)])

  const stale = new Story(changeAnswersAreTrue).entry(1, 1, 'abc+e', 'abc').leads('a', 1)
  called(stale, { add, expectedIndex: 0 })
  expect(stale.appends('a', 'abc+ed').wrong).toHaveLength(1)
})

test('members that are said to be changed are committed', () => {
  const promoted = (index: number, who: string, committed: number): string[] => {
    const story = new Story(changeAnswersAreTrue).entry(1, 1, 'abc+d', 'abc').commit(1, 1)
    const call = called(story, { promote: ['d'] })
    story.entry(2, 1, 'abcd<abc', 'abc').entry(3, 1, 'abcd', 'abc').commit(committed, 1)
    const membership = { index, members: members(who) }
    story.hooks.changed!(Object.assign(call, { open: false, code: 'ok', membership }))
    return story.wrong
  }
  expect(promoted(3, 'abcd', 3)).toEqual(RIGHT)
  expect(promoted(3, 'abcd', 2)).toEqual([expect.stringMatching(/3 is not committed/)])
  expect(promoted(2, 'abcd', 3)).toEqual([expect.stringMatching(/is joint/)])
  expect(promoted(3, 'abc+d', 3)).toHaveLength(1)
  expect(promoted(1, 'abc+d', 3)).toEqual([expect.stringMatching(/nothing committed has/)])
})
