// The joiner's side of a dialogue, and what both sides prove. The member is played by the test.
import { createHmac } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Outcome, talk } from '../../src/node/joining/dialogue.js'
import { areEqual, Secret } from '../../src/node/joining/secret.js'
import type { Knock } from '../../src/ports/transport.js'
import { decodeJoin, encodeJoin, type JoinAsk, type JoinMessage } from '../../src/wire/join.js'
import { knockPair } from './harness/knock.js'
import { ASK, FACTS, SECRET, scheduler, secret, sent, start, world } from './harness/porter.js'

beforeEach(() => start())

describe('the joiner', () => {
  const joiner = () => ({ id: 'B', clusterId: 'words', secret: secret(), scheduler: scheduler() })

  /** A member that the test plays. */
  async function played(
    play: (other: Knock, ask: JoinAsk) => Promise<void>,
    proven?: string,
  ): Promise<Outcome> {
    const [mine, theirs] = knockPair(
      world,
      'B',
      'A',
      () => true,
      (message) => sent.push(message),
    )
    const seen: Knock = {
      origin: 'A',
      peer: proven,
      send: (message) => mine.send(message),
      receive: () => mine.receive(),
      close: () => mine.close(),
    }
    const playing = (async () => {
      const ask = decodeJoin((await theirs.receive())!)
      if (ask.type !== 'ask') throw new Error('no ask')
      await play(theirs, ask)
    })()
    const outcome = await world.outcome(talk(joiner(), seen, { type: 'facts' }, 5_000))
    await world.outcome(playing)
    return outcome
  }

  test('believes nothing of who does not have the secret', async () => {
    const outcome = await played(async (other, ask) => {
      const challenge = { type: 'challenge', member: 'A', nonce: new Uint8Array(32) } as const
      other.send(encodeJoin(challenge))
      const asks = decodeJoin((await other.receive())!) as JoinMessage & { type: 'proof' }
      const content = new Uint8Array([2, 1, 0, 0, 0, 0, 0, 0, 0, 0])
      const guess = new Secret('a guess of many bytes', world.scheduler())
      const mac = await guess.mac('member', { ask, challenge }, asks.content, content)
      other.send(encodeJoin({ type: 'answer', mac, content }))
    })
    expect(outcome).toEqual({ type: 'nothing', why: 'who answers does not have the secret' })
  })

  test('is not answered by its own proof', async () => {
    const outcome = await played(async (other) => {
      other.send(encodeJoin({ type: 'challenge', member: 'A', nonce: new Uint8Array(32) }))
      const asks = decodeJoin((await other.receive())!) as JoinMessage & { type: 'proof' }
      other.send(encodeJoin({ ...asks, type: 'answer' }))
    })
    expect(outcome).toMatchObject({ type: 'nothing' })
  })

  test('proves nothing to a member that the transport knows by another name', async () => {
    const before = sent.length
    const outcome = await played(async (other) => {
      other.send(encodeJoin({ type: 'challenge', member: 'A', nonce: new Uint8Array(32) }))
      expect(await other.receive()).toBeUndefined()
    }, 'E')
    expect(outcome).toEqual({ type: 'nothing', why: 'E says it is A' })
    expect(sent.length).toBe(before + 2)
  })

  test('does not wait for ever for who says nothing', async () => {
    const outcome = played(async (other) => void (await other.receive()))
    expect(await outcome).toEqual({ type: 'nothing', why: 'no challenge' })
    expect(world.now).toBeLessThan(4_000)
  })
})

describe('the secret', () => {
  test('makes HMAC-SHA-256 with WebCrypto as node:crypto does', async () => {
    const host = { ...world.scheduler() }
    delete host.hmacSha256
    const challenge = { member: 'A', nonce: new Uint8Array(32).fill(9) }
    const dialogue = { ask: ASK, challenge }
    const [byHost, byNode] = [new Secret(SECRET, host), secret()]
    expect(await byHost.mac('joiner', dialogue, FACTS)).toEqual(
      new Uint8Array(await byNode.mac('joiner', dialogue, FACTS)),
    )
  })

  test('puts every part behind its length: the same bytes cut elsewhere are something else', async () => {
    const challenge = { member: 'A', nonce: new Uint8Array(32) }
    const macOf = (from: string, member: string): Promise<Uint8Array> =>
      secret().mac('joiner', { ask: { ...ASK, from }, challenge: { ...challenge, member } }, FACTS)
    expect(await macOf('ab', 'c')).not.toEqual(await macOf('a', 'bc'))
    const contents = (...parts: string[]): Promise<Uint8Array> =>
      secret().mac('member', { ask: ASK, challenge }, ...parts.map((part) => Buffer.from(part)))
    expect(await contents('ab', 'c')).not.toEqual(await contents('a', 'bc'))
  })

  test('freezes what is proved: another version that computes something else would let nobody in', async () => {
    const challenge = { member: 'A', nonce: new Uint8Array(32).fill(9) }
    const mac = await secret().mac('joiner', { ask: ASK, challenge }, FACTS)
    const parts = ['River Raft join 1, joiner', 'words', 'B', 'A', [1, 1], ASK.nonce, challenge.nonce, FACTS]
    const transcript = parts.map((part) => {
      const bytes = typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(bytes.length)
      return Buffer.concat([length, bytes])
    })
    const expected = createHmac('sha256', SECRET).update(Buffer.concat(transcript)).digest()
    expect(Buffer.from(mac)).toEqual(expected)
  })

  test('is compared whole', () => {
    const one = new Uint8Array(32).fill(1)
    for (let i = 0; i < 32; i++) expect(areEqual(one.with(i, 2), one)).toBe(false)
    expect(areEqual(one.slice(0, 31), one)).toBe(false)
    expect(areEqual(one, one.slice(0, 31))).toBe(false)
    expect(areEqual(one, one.slice())).toBe(true)
  })
})
