// The format is frozen: a build that writes or reads other bytes than these cannot talk to an older one.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeBlock, encodeBlock } from '../../src/wire/entry-block.js'
import { decodeFrame, encodeFrame } from '../../src/wire/frame.js'
import { decodeHello, encodeHello, encodeHelloRefusal } from '../../src/wire/hello.js'
import { decodeJoin, encodeJoin, type JoinMessage } from '../../src/wire/join.js'
import {
  decodeJoinReply,
  decodeJoinRequest,
  encodeJoinReply,
  encodeJoinRequest,
  type JoinReply,
  type JoinRequest,
} from '../../src/wire/join-content.js'
import { JOIN_MESSAGES, JOIN_REPLIES, JOIN_REQUESTS } from './join-samples.js'
import { block, bytes, frameOf, HELLO, joined, MESSAGES, membershipBlock } from './samples.js'

interface Golden {
  readonly encoded: Uint8Array
  /** Reads the bytes back, to be compared with the original. */
  readonly decoded: (bytes: Uint8Array) => unknown
  readonly original: unknown
}

const sessionBlock = encodeBlock(
  {
    firstIndex: 2 ** 33,
    term: 5,
    timestamp: 1_700_000_000_123,
    flags: 128,
    sessionId: 9,
    firstSequence: 4,
    acknowledgedBelow: 3,
  },
  [
    { kind: 0, payload: bytes('') },
    { kind: 1, payload: bytes('payload') },
  ],
)

const GOLDEN: Record<string, Golden> = {
  'block-commands': {
    encoded: block(10, 6, 'x=1', 'y=2').bytes,
    decoded: decodeBlock,
    original: block(10, 6, 'x=1', 'y=2'),
  },
  'block-session': { encoded: sessionBlock.bytes, decoded: decodeBlock, original: sessionBlock },
  'block-membership': {
    encoded: membershipBlock(11, 6).bytes,
    decoded: decodeBlock,
    original: membershipBlock(11, 6),
  },
  hello: { encoded: encodeHello(HELLO), decoded: decodeHello, original: { hello: HELLO } },
  'hello-refusal': {
    encoded: encodeHelloRefusal('wrong-cluster'),
    decoded: decodeHello,
    original: { refusal: 'wrong-cluster' },
  },
  ...each<JoinMessage>('join', JOIN_MESSAGES, encodeJoin, decodeJoin),
  ...each<JoinRequest>('join-request', JOIN_REQUESTS, encodeJoinRequest, decodeJoinRequest),
  ...each<JoinReply>('join-reply', JOIN_REPLIES, encodeJoinReply, decodeJoinReply),
  'frame-all-messages': frame(...Object.values(MESSAGES)),
  'frame-empty': frame(),
  ...Object.fromEntries(Object.entries(MESSAGES).map(([name, message]) => [`frame-${name}`, frame(message)])),
}

function each<Sample>(
  kind: string,
  samples: Record<string, Sample>,
  encode: (sample: Sample) => Uint8Array,
  decoded: (bytes: Uint8Array) => unknown,
): Record<string, Golden> {
  const golden = ([name, original]: [string, Sample]): [string, Golden] => [
    `${kind}-${name}`,
    { encoded: encode(original), decoded, original },
  ]
  return Object.fromEntries(Object.entries(samples).map(golden))
}

function frame(...messages: Parameters<typeof frameOf>): Golden {
  const original = frameOf(...messages)
  return { encoded: joined(encodeFrame(original)), decoded: decodeFrame, original }
}

const directory = join(import.meta.dirname, 'golden')
const { RIVERRAFT_REWRITE_GOLDEN } = process.env

/** Sixteen bytes a line. */
const hex = (encoded: Uint8Array): string =>
  `${Buffer.from(encoded)
    .toString('hex')
    .replace(/.{32}(?=.)/g, '$&\n')}\n`

// RIVERRAFT_REWRITE_GOLDEN=1 writes them anew: only before a release that breaks the format on purpose.
describe.each(Object.entries(GOLDEN))('%s', (name, { encoded, decoded, original }) => {
  const file = join(directory, `${name}.hex`)
  if (RIVERRAFT_REWRITE_GOLDEN !== undefined) writeFileSync(file, hex(encoded))

  test('encodes to exactly these bytes', () => {
    expect(existsSync(file), file).toBe(true)
    expect(hex(encoded)).toBe(readFileSync(file, 'utf8'))
  })

  test('decodes from exactly these bytes', () => {
    const stored = Uint8Array.from(Buffer.from(readFileSync(file, 'utf8').replaceAll('\n', ''), 'hex'))
    expect(decoded(stored)).toEqual(original)
  })
})

test('every fixture is looked at', () => {
  expect(readdirSync(directory).sort()).toEqual(
    Object.keys(GOLDEN)
      .map((name) => `${name}.hex`)
      .sort(),
  )
})
