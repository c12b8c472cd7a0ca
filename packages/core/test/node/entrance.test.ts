// The leader's line of those who ask to be let in: nobody in it holds up anybody else.
import { afterEach, expect, test } from 'vitest'
import { initialState } from '../../src/consensus/index.js'
import { Answers } from '../../src/node/answers.js'
import { ENTER_MS_MAX, Entrance, type EntranceHost } from '../../src/node/joining/entrance.js'
import { judge, type Standing } from '../../src/node/joining/verdict.js'
import type { ChangeRequest, Changes } from '../../src/node/membership/changes.js'
import type { Members } from '../../src/node/membership/members.js'
import { consensusOptions, DEFAULT_LIMITS } from '../../src/node/options.js'
import { cluster, deafen, failure, join, joined, roles, start, stop } from './harness/joining.js'
import { World } from './harness/world.js'

afterEach(stop)

test('a learner that does not catch up does not keep others from joining, nor the operator from a change', async () => {
  const leader = await start(4)
  deafen('B')
  const slow = await cluster.world.outcome(join('B', 'A', { join: { via: ['A'], timeoutMs: 9_000 } }))
  await joined('C', 'A')
  await cluster.world.outcome(leader.changeMembership({ demote: ['C'] }))
  expect(roles(leader)).toBe('A voter, B learner, C learner')
  expect(await failure(slow.joined)).toMatch(/B has not caught up yet/)
})

test('a change that gets nowhere is given up after a while', async () => {
  const world = new World()
  const scheduler = world.scheduler()
  const state = initialState('A', consensusOptions(DEFAULT_LIMITS, {}), 1)
  const leading = { role: 'leader', followers: new Map(), growth: [], firstIndex: 1 } as never
  const members = [{ id: 'A', address: 'A', role: 'voter' as const }]
  let begun: ChangeRequest | undefined
  const given: string[] = []
  const changes = {
    get isUnderWay() {
      return begun !== undefined
    },
    begin: (request: ChangeRequest) => {
      begun = request
    },
    giveUp: (waiter: ChangeRequest['waiter'], error: Error) => {
      given.push(error.message)
      begun = undefined
      waiter.fail(error, answers)
    },
  }
  const answers = new Answers(scheduler)
  const entrance = new Entrance({
    state: { ...state, role: leading },
    members: { inForce: { index: 0, members } } as unknown as Members,
    changes: changes as unknown as Changes,
    answers,
    now: () => world.now,
    emit: () => {},
    checkMember: () => {},
    incarnationOf: () => undefined,
  })
  const asked = {
    type: 'enter',
    incarnation: '0123456789abcdef',
    address: 'B',
    role: 'learner',
    leaseHash: 0,
  } as const
  const reply = entrance.enter('B', asked)
  entrance.run()
  expect(begun).toBeDefined()
  await world.pass(ENTER_MS_MAX - 1)
  entrance.run()
  expect(given).toEqual([])
  await world.pass(2)
  entrance.run()
  expect(given).toEqual(['the members did not change in time'])
  expect(await world.outcome(reply)).toMatchObject({ type: 'later' })
})

test('whose proof is looked at while the node stops is answered all the same', async () => {
  const entrance = new Entrance({ now: () => 0 } as EntranceHost)
  const before = entrance.enter('B', asked)
  entrance.stop()
  const replies = await Promise.all([before, entrance.enter('C', asked)])
  expect(replies.map(({ type }) => type)).toEqual(['later', 'later'])
})

const INCARNATION = '0123456789abcdef'
const asked = { type: 'enter', incarnation: INCARNATION, address: 'B', role: 'voter', leaseHash: 0 } as const
const standing: Standing = {
  id: 'B',
  asked,
  member: { id: 'B', address: 'B', role: 'learner', incarnation: INCARNATION },
  index: 7,
  count: 3,
  incarnation: INCARNATION,
  isCaughtUp: true,
}

test.each<[string, Partial<Standing>, object]>([
  [
    'who is no member is let in as a learner',
    { member: undefined },
    { type: 'change', member: { role: 'learner' } },
  ],
  ['a learner that has caught up becomes a voter', {}, { type: 'change', member: { role: 'voter' } }],
  ['one that has not waits', { isCaughtUp: false }, { type: 'patience' }],
  [
    'one that wants to be a learner is one',
    { asked: { ...asked, role: 'learner' } },
    { type: 'reply', reply: { type: 'entered', role: 'learner', index: 7 } },
  ],
  [
    'a voter is told so, whatever it asks for',
    { member: { ...standing.member!, role: 'voter' }, asked: { ...asked, role: 'learner' } },
    { type: 'reply', reply: { type: 'entered', role: 'voter' } },
  ],
  [
    'one that has moved is moved first, in its role',
    { asked: { ...asked, address: 'elsewhere' } },
    { type: 'change', member: { address: 'elsewhere', role: 'learner' } },
  ],
  [
    'another storage is refused',
    { asked: { ...asked, incarnation: 'fedcba9876543210' } },
    { type: 'reply', reply: { type: 'refused', refusal: 'id-taken' } },
  ],
  [
    'another storage than was met under that name is refused, though none is committed',
    {
      member: { id: 'B', address: 'B', role: 'voter' },
      asked: { ...asked, incarnation: 'fedcba9876543210' },
    },
    { type: 'reply', reply: { type: 'refused', refusal: 'id-taken' } },
  ],
  [
    'an id that is no member any more may come with another storage',
    { member: undefined, asked: { ...asked, incarnation: 'fedcba9876543210' } },
    { type: 'change', member: { role: 'learner', incarnation: 'fedcba9876543210' } },
  ],
  [
    'one too many is refused',
    { member: undefined, count: 127 },
    { type: 'reply', reply: { refusal: 'cluster-full' } },
  ],
  [
    'a learner that withdraws goes',
    { asked: { type: 'withdraw', incarnation: INCARNATION } },
    { type: 'change', member: undefined },
  ],
  [
    'a voter that withdraws stays: only whoever operates removes a voter',
    {
      member: { ...standing.member!, role: 'voter' },
      asked: { type: 'withdraw', incarnation: INCARNATION },
    },
    { type: 'reply', reply: { type: 'later' } },
  ],
  [
    'nobody withdraws another storage',
    { asked: { type: 'withdraw', incarnation: 'fedcba9876543210' } },
    { type: 'reply', reply: { refusal: 'id-taken' } },
  ],
])('%s', (_, changed, verdict) => {
  expect(judge({ ...standing, ...changed })).toMatchObject(verdict)
})
