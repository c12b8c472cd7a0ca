// Whoever knocks: what is believed, what is not, and what it costs. The joiner is played by the test.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Outcome, talk } from '../../src/node/joining/dialogue.js'
import { decodeJoin, encodeJoin, type JoinAsk, type JoinMessage } from '../../src/wire/join.js'
import { encodeJoinRequest } from '../../src/wire/join-content.js'
import {
  ASK,
  asked,
  challenged,
  events,
  FACTS,
  hangUpAll,
  heard,
  hmacs,
  knock,
  neverAnswer,
  porter,
  proof,
  REFUSED,
  scheduler,
  secret,
  start,
  world,
} from './harness/porter.js'
import { mulberry32 } from './harness/world.js'

beforeEach(() => start())
afterEach(hangUpAll)

describe('a proof', () => {
  test('is believed when it is right, and so is the answer to it', async () => {
    const mine = knock()
    const challenge = await challenged(mine)
    mine.send(await proof(challenge))
    const reply = await heard(mine)
    if (reply?.type !== 'answer') throw new Error('no answer')
    expect(asked).toEqual([['B', { type: 'facts' }]])
    const dialogue = { ask: ASK, challenge }
    expect(await secret().isMac(reply.mac, 'member', dialogue, FACTS, reply.content)).toBe(true)
    // Over what was asked, too: an answer to another question is none to this one.
    expect(await secret().isMac(reply.mac, 'member', dialogue, new Uint8Array(1), reply.content)).toBe(false)
  })

  test('that was recorded is worth nothing another time: the nonce is another one', async () => {
    const first = knock()
    const recorded = await proof(await challenged(first))
    first.send(recorded)
    expect(await heard(first)).toMatchObject({ type: 'answer' })
    const second = knock()
    await challenged(second)
    second.send(recorded)
    expect(await heard(second)).toEqual(REFUSED)
  })

  test('of a member is none of a joiner: what a node was sent cannot be sent back to it', async () => {
    const mine = knock()
    mine.send(await proof(await challenged(mine), { by: 'member' }))
    expect(await heard(mine)).toEqual(REFUSED)
  })

  test.each<[string, Partial<JoinAsk>]>([
    ['another node', { from: 'C' }],
    ['another cluster', { clusterId: 'other' }],
    ['other versions', { protocolMax: 2 }],
    ['another nonce', { nonce: new Uint8Array(32) }],
  ])('for %s than asked is wrong', async (_, changed) => {
    const mine = knock()
    mine.send(await proof(await challenged(mine), { ask: { ...ASK, ...changed } }))
    expect(await heard(mine)).toEqual(REFUSED)
  })

  test('for another member is wrong: who stands between cannot pass it on', async () => {
    const mine = knock()
    const challenge = await challenged(mine)
    mine.send(await proof({ ...challenge, member: 'E' }))
    expect(await heard(mine)).toEqual(REFUSED)
  })

  test('cannot be moved to another request', async () => {
    const mine = knock()
    const right = decodeJoin(await proof(await challenged(mine))) as JoinMessage & { type: 'proof' }
    const content = encodeJoinRequest({ type: 'withdraw', incarnation: '0123456789abcdef' })
    mine.send(encodeJoin({ ...right, content }))
    expect(await heard(mine)).toEqual(REFUSED)
    expect(asked).toEqual([])
  })

  test('that is malformed looks like one that is wrong', async () => {
    const wrong = knock()
    wrong.send(await proof(await challenged(wrong), { text: 'not the same at all' }))
    const malformed = knock()
    await challenged(malformed)
    malformed.send(new Uint8Array(10))
    const other = knock()
    await challenged(other)
    other.send(encodeJoin({ type: 'ask', ...ASK }))
    expect([await heard(wrong), await heard(malformed), await heard(other)]).toEqual([
      REFUSED,
      REFUSED,
      REFUSED,
    ])
  })
})

describe('before any proof', () => {
  test.each<[string, Partial<JoinAsk>, string | undefined, string]>([
    ['of another cluster', { clusterId: 'other' }, undefined, 'wrong-cluster'],
    ['of another protocol', { protocolMin: 9, protocolMax: 9 }, undefined, 'wrong-version'],
    ['in another’s name', { from: 'C' }, 'B', 'wrong-sender'],
  ])('an ask %s is refused, and nothing is computed', async (_, changed, proven, refusal) => {
    const mine = knock('B', proven)
    mine.send(encodeJoin({ type: 'ask', ...ASK, ...changed }))
    expect(await heard(mine)).toEqual({ type: 'refusal', refusal })
    expect(await heard(mine)).toBeUndefined()
    expect(hmacs).toBe(0)
    expect(events.map(({ type }) => type)).toEqual(['JoinAsked', 'JoinRefused'])
  })

  test('bytes that are none of a dialogue end it without a word', async () => {
    const mine = knock()
    mine.send(new Uint8Array(50))
    expect(await heard(mine)).toBeUndefined()
    expect(events).toEqual([])
  })
})

describe('attempts', () => {
  test('are limited for one origin, and another one is still heard', async () => {
    start({ failures: 30 })
    const results: string[] = []
    for (let i = 0; i < 12; i++) results.push(await guess('mallory'))
    expect(results).toEqual([...Array(10).fill('wrong-secret'), ...Array(2).fill('too-many-attempts')])
    const before = hmacs
    expect(await guess('mallory')).toBe('too-many-attempts')
    expect(hmacs).toBe(before)
    expect(await guess('somebody')).toBe('wrong-secret')
  })

  test('are limited for all together, from however many origins', async () => {
    start({ failures: 30 })
    const results: string[] = []
    for (let i = 0; i < 40; i++) results.push(await guess(`bot ${i}`))
    expect(results.filter((result) => result === 'wrong-secret').length).toBe(30)
    await world.pass(2_000)
    expect(await guess('one more')).toBe('wrong-secret')
    expect(await guess('and another')).toBe('too-many-attempts')
  })

  test('that began at once count too', async () => {
    start({ failures: 3 })
    const mine = Array.from({ length: 20 }, () => knock('mallory'))
    const challenges: (JoinMessage & { type: 'challenge' })[] = []
    for (const one of mine) challenges.push(await challenged(one))
    const before = hmacs
    for (const one of mine) one.send(new Uint8Array(8))
    for (const [i, one] of mine.entries())
      expect(await heard(one)).toEqual(i === 0 ? REFUSED : { type: 'refusal', refusal: 'too-many-attempts' })
    expect(hmacs).toBe(before)
  })

  test('that succeed do not count', async () => {
    start({ failures: 3 })
    for (let i = 0; i < 20; i++) expect((await ask()).type).toBe('reply')
  })

  async function guess(origin: string): Promise<string> {
    const mine = knock(origin)
    mine.send(encodeJoin({ type: 'ask', ...ASK }))
    const challenge = await heard(mine)
    if (challenge?.type === 'refusal') return challenge.refusal
    mine.send(
      await proof(challenge as JoinMessage & { type: 'challenge' }, { text: 'a guess of many bytes' }),
    )
    return ((await heard(mine)) as JoinMessage & { type: 'refusal' }).refusal
  }

  async function ask(): Promise<Outcome> {
    const joiner = { id: 'B', clusterId: 'words', secret: secret(), scheduler: scheduler() }
    return world.outcome(talk(joiner, knock(), { type: 'facts' }, 5_000))
  }
})

describe('half a dialogue', () => {
  test.each([0, 1])('that stops after %d messages is ended by its deadline', async (messages) => {
    const mine = knock()
    if (messages === 1) await challenged(mine)
    await world.pass(2_900)
    expect(porter.size).toBe(1)
    await world.pass(200)
    expect(porter.size).toBe(0)
    expect(await heard(mine)).toBeUndefined()
  })

  test('whose other end goes away is forgotten at once', async () => {
    const mine = knock()
    await challenged(mine)
    mine.close()
    await world.calm()
    expect(porter.size).toBe(0)
  })

  test('thousands of them cost no more than a few: the oldest are ended, and who has the secret gets in', async () => {
    start({ dialogues: 8 })
    for (let i = 0; i < 5_000; i++) {
      knock(`bot ${i}`)
      expect(porter.size).toBeLessThanOrEqual(8)
    }
    const mine = knock()
    mine.send(await proof(await challenged(mine)))
    expect(await heard(mine)).toMatchObject({ type: 'answer' })
  })

  test('those that wait for their answer are bounded too: the next one is told to ask again', async () => {
    start({ dialogues: 4 })
    neverAnswer()
    for (let i = 0; i < 4; i++) {
      const mine = knock()
      mine.send(await proof(await challenged(mine)))
      await world.calm()
    }
    expect(asked.length).toBe(4)
    const next = knock()
    next.send(encodeJoin({ type: 'ask', ...ASK }))
    expect(await heard(next)).toEqual({ type: 'refusal', refusal: 'busy' })
  })
})

test('whatever is sent instead of a proof, in whatever order: nobody is heard, and nothing stays', async () => {
  const { RIVERRAFT_SEED = Date.now() % 2 ** 31 } = process.env
  const seed = Number(RIVERRAFT_SEED)
  const random = mulberry32(seed)
  const below = (n: number): number => Math.floor(random() * n)
  start({ failures: 1_000_000 })
  for (let round = 0; round < 300; round++) {
    const mine = knock(`origin ${below(50)}`)
    const ask = encodeJoin({ type: 'ask', ...ASK })
    const messages = [ask, encodeJoin(REFUSED), new Uint8Array(below(200)), new Uint8Array(0)]
    if (random() < 0.5)
      messages.push(await proof(await challenged(mine), { text: `a guess, the one of round ${round}` }))
    for (let i = 0; i < 1 + below(3); i++) {
      const message = messages[below(messages.length)]!.slice()
      if (message.length > 0 && random() < 0.5) message[below(message.length)] = below(256)
      mine.send(message)
    }
    if (random() < 0.3) mine.close()
    for (let heardNow = await heard(mine); heardNow !== undefined; heardNow = await heard(mine))
      expect(['refusal', 'challenge'], `seed ${seed}, round ${round}`).toContain(heardNow.type)
  }
  // The last ones may still be on their way, or have their deadline before them.
  await world.pass(3_001)
  expect(asked, `seed ${seed}`).toEqual([])
  expect(porter.size, `seed ${seed}`).toBe(0)
})
