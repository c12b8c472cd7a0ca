// The store's snapshot is what it was when it was captured, whatever is applied while it is written.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type KvCommand, kv } from '../src/index.js'
import { Replica } from './helpers.js'

const context = (index: number) => ({ index, term: 1, timestamp: 0, session: undefined })

async function* cut(pieces: readonly Uint8Array[], length: number): AsyncGenerator<Uint8Array> {
  const all = Buffer.concat(pieces)
  for (let at = 0; at < all.length; at += length) yield all.subarray(at, at + length)
}

const key = fc.constantFrom('a', 'b', 'c', 'ü', 'long'.repeat(20))
const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 20 }))
const command: fc.Arbitrary<KvCommand> = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key, value }),
  fc.record({ type: fc.constant('delete' as const), key }),
  fc.record({ type: fc.constant('cas' as const), key, expected: fc.constant(null), value }),
)
const commands = fc.array(command, { maxLength: 30 })

test('copy on write: what is applied while it is written is not in it, and what it replaced is', async () => {
  const property = fc.asyncProperty(
    commands,
    commands,
    fc.integer({ min: 1, max: 50 }),
    async (before, after, length) => {
      const machine = kv().create()
      let index = 0
      const apply = (what: KvCommand): unknown => machine.apply(what, context(++index))
      for (const what of before) apply(what)
      const expected = { index: machine.state.index, entries: machine.state.list() }
      const { content, appliesWait } = machine.snapshot()
      expect(appliesWait).toBe(false)
      const pieces: Uint8Array[] = []
      const rest = [...after]
      // Between any two pieces, and before the first.
      apply(rest.shift() ?? { type: 'put', key: 'a', value: 'changed' })
      for await (const piece of content) {
        pieces.push(piece)
        for (const what of rest.splice(0, 3)) apply(what)
      }
      const restored = kv().create()
      await restored.restore(cut(pieces, length))
      expect({ index: restored.state.index, entries: restored.state.list() }).toEqual(expected)
      // Both go on alike from where they are.
      expect(restored.apply({ type: 'put', key: 'next', value: 'v' }, context(1_000))).toEqual({
        type: 'put',
        created: true,
      })
    },
  )
  await fc.assert(property, { numRuns: 300 })
})

test('entries that change between pieces of a large store are written as they were', async () => {
  const machine = kv().create()
  const keys = Array.from({ length: 3_000 }, (_, i) => `key${i}`)
  for (const [i, one] of keys.entries())
    machine.apply({ type: 'put', key: one, value: 'old'.repeat(20) }, context(i + 1))
  const { content } = machine.snapshot()
  const pieces: Uint8Array[] = []
  let index = keys.length
  for await (const piece of content) {
    pieces.push(piece)
    // At the front, in the middle and at the end of what is not written yet; some go, some come.
    for (const at of [0, 1_500, 2_999])
      machine.apply({ type: 'put', key: keys[at]!, value: 'new' }, context(++index))
    machine.apply({ type: 'delete', key: keys[2_000]! }, context(++index))
    machine.apply({ type: 'put', key: `more${index}`, value: 'new' }, context(++index))
  }
  expect(pieces.length).toBeGreaterThan(5)
  const restored = kv().create()
  await restored.restore(cut(pieces, 1_000))
  expect(restored.state.size).toBe(keys.length)
  expect(restored.state.list().filter(({ value: one }) => one !== 'old'.repeat(20))).toEqual([])
  expect(restored.state.index).toBe(keys.length)
})

test('one that is given up does not slow down the store for ever: the next one takes its place', async () => {
  const machine = kv().create()
  machine.apply({ type: 'put', key: 'a', value: '1' }, context(1))
  const abandoned = machine.snapshot().content
  const next = machine.snapshot().content
  await expect(
    (async () => {
      for await (const _ of abandoned);
    })(),
  ).rejects.toThrow(/snapshot/)
  const pieces: Uint8Array[] = []
  for await (const piece of next) pieces.push(piece)
  const restored = kv().create()
  await restored.restore(cut(pieces, 5))
  expect(restored.state.get('a')?.value).toBe('1')
})

test.each([
  ['an empty one', new Uint8Array(0)],
  ['another version', new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0, 0])],
  ['half an entry', new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 1])],
])('%s is refused, and the store stays as it is', async (_, bytes) => {
  const machine = kv().create()
  machine.apply({ type: 'put', key: 'a', value: '1' }, context(1))
  await expect(machine.restore(cut([bytes], 100))).rejects.toMatchObject({ code: 'ERR_INVALID_COMMAND' })
  expect(machine.state.get('a')?.value).toBe('1')
})

/** A replica that jumps ahead by a snapshot of another one. */
async function jump(replica: Replica, index: number): Promise<void> {
  const ahead = kv().create()
  ahead.apply({ type: 'put', key: 'jumped', value: 'over' }, context(index))
  const pieces: Uint8Array[] = []
  for await (const piece of ahead.snapshot().content) pieces.push(piece)
  await replica.machine.restore(cut(pieces, 7))
  replica.index = index
}

test('a watch that waits for a change that a snapshot has jumped over fails: it would miss it in silence', async () => {
  const replica = new Replica()
  await replica.proposeWithReceipt({ type: 'put', key: 'a', value: '1' })
  const waiting = replica.state.watch()
  const next = waiting.next()
  await jump(replica, 10)
  await expect(next).rejects.toMatchObject({ code: 'ERR_WATCH_COMPACTED' })
  expect(await waiting.next()).toEqual({ done: true, value: undefined })
})

test('a watch that nobody waits on fails when it is asked', async () => {
  const replica = new Replica()
  await replica.proposeWithReceipt({ type: 'put', key: 'a', value: '1' })
  const watch = replica.state.watch({ fromIndex: 1 })
  await jump(replica, 10)
  await expect(watch.next()).rejects.toMatchObject({ code: 'ERR_WATCH_COMPACTED' })
})

test('a watch from an index behind the snapshot goes on', async () => {
  const replica = new Replica()
  const watch = replica.state.watch({ fromIndex: 11 })
  const next = watch.next()
  await jump(replica, 10)
  await replica.proposeWithReceipt({ type: 'put', key: 'b', value: '2' })
  expect((await next).value).toMatchObject({ key: 'b', index: 11 })
})
