// A porter, and whoever knocks at its door: played by the test, message by message.
import { Porter } from '../../../src/node/joining/porter.js'
import { Secret } from '../../../src/node/joining/secret.js'
import type { RuntimeEvent } from '../../../src/node/types.js'
import type { Knock } from '../../../src/ports/transport.js'
import { decodeJoin, encodeJoin, type JoinAsk, type JoinMessage } from '../../../src/wire/join.js'
import { encodeJoinRequest, type JoinReply, type JoinRequest } from '../../../src/wire/join-content.js'
import { knockPair } from './knock.js'
import { World } from './world.js'

export const SECRET = 'sixteen bytes or more'
export const FACTS = encodeJoinRequest({ type: 'facts' })
export const LATER: JoinReply = { type: 'later', why: 'tested' }

export let world: World
export let porter: Porter
export let events: RuntimeEvent[]
export let asked: [string, JoinRequest][]
export let answer: Promise<JoinReply>
/** Every message that went either way. */
export let sent: Uint8Array[]
export let hmacs: number
const open: Knock[] = []

export function start(limits: { dialogues?: number; failures?: number } = {}): void {
  world = new World()
  events = []
  asked = []
  sent = []
  hmacs = 0
  answer = Promise.resolve(LATER)
  porter = new Porter({
    id: 'A',
    clusterId: 'words',
    secret: secret(),
    scheduler: scheduler(),
    dialoguesMax: limits.dialogues ?? 32,
    failuresPerMinuteMax: limits.failures ?? 30,
    emit: (event) => events.push(event),
    answer: async (from, request) => {
      asked.push([from, request])
      return answer
    },
  })
}

export function scheduler(): ReturnType<World['scheduler']> {
  const counted = world.scheduler()
  return {
    ...counted,
    hmacSha256: (key, message) => {
      hmacs++
      return counted.hmacSha256!(key, message)
    },
  }
}

export const secret = (text = SECRET): Secret => new Secret(text, scheduler())

/** From now on nobody gets an answer. */
export function neverAnswer(): void {
  answer = new Promise(() => {})
}

export function hangUpAll(): void {
  for (const knock of open.splice(0)) knock.close()
}

/** Somebody at `origin` knocks; `proven` as by a transport that authenticates. */
export function knock(origin = 'B', proven?: string): Knock {
  const [mine, theirs] = knockPair(
    world,
    origin,
    'A',
    () => true,
    (message) => sent.push(message),
  )
  open.push(mine)
  const seen: Knock = {
    origin,
    peer: proven,
    send: (message) => theirs.send(message),
    receive: () => theirs.receive(),
    close: () => theirs.close(),
  }
  porter.knocked(seen)
  return mine
}

export const ASK: JoinAsk = {
  protocolMin: 1,
  protocolMax: 1,
  clusterId: 'words',
  from: 'B',
  nonce: new Uint8Array(32).fill(7),
}

export async function heard(from: Knock): Promise<JoinMessage | undefined> {
  const message = await world.outcome(from.receive())
  return message === undefined ? undefined : decodeJoin(message)
}

/** Asks, and returns the challenge. */
export async function challenged(
  from: Knock,
  ask: JoinAsk = ASK,
): Promise<JoinMessage & { type: 'challenge' }> {
  from.send(encodeJoin({ type: 'ask', ...ask }))
  const challenge = await heard(from)
  if (challenge?.type !== 'challenge') throw new Error(`no challenge but ${JSON.stringify(challenge)}`)
  return challenge
}

export async function proof(
  challenge: JoinMessage & { type: 'challenge' },
  { ask = ASK, by = 'joiner' as 'joiner' | 'member', content = FACTS, text = SECRET } = {},
): Promise<Uint8Array> {
  const mac = await secret(text).mac(by, { ask, challenge }, content)
  return encodeJoin({ type: 'proof', mac, content })
}

export const REFUSED: JoinMessage = { type: 'refusal', refusal: 'wrong-secret' }
