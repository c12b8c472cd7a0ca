// Random operations against a plain Map; two replicas; and every watch there could be.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Kv, type KvChange, type KvEntry, kv } from '../src/index.js'
import { Replica, take } from './helpers.js'

const key = fc.constantFrom('a', 'aa', 'b', 'ba')
const value = fc.oneof(
  fc.constantFrom('x', 'y', ''),
  fc.constantFrom(new Uint8Array([120]), new Uint8Array()),
)
const expected = fc.oneof(
  value,
  fc.constant(null),
  fc.record({ modifiedIndex: fc.integer({ min: 1, max: 40 }) }),
)
const operation = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key, value }),
  fc.record({ type: fc.constant('delete' as const), key }),
  fc.record({ type: fc.constant('cas' as const), key, expected, value: fc.oneof(value, fc.constant(null)) }),
  fc.record({ type: fc.constant('noop' as const) }),
)
const operations = fc.array(operation, { maxLength: 60 })
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

/** The store as one would write it without replication. */
class Model {
  readonly entries = new Map<string, KvEntry>()
  readonly changes: KvChange[] = []
  index = 0

  run(step: Operation): object | undefined {
    const index = ++this.index
    if (step.type === 'noop') return undefined
    const entry = this.entries.get(step.key)
    if (step.type === 'put') {
      this.#set(step.key, step.value)
      return { index, term: 2, created: entry === undefined }
    }
    if (step.type === 'delete') {
      this.#remove(step.key)
      return { index, term: 2, deleted: entry !== undefined }
    }
    const succeeded = JSON.stringify(actual(entry, step.expected)) === JSON.stringify(plain(step.expected))
    if (succeeded && step.value === null) this.#remove(step.key)
    if (succeeded && step.value !== null) this.#set(step.key, step.value)
    return { index, term: 2, succeeded, entry: this.entries.get(step.key) }
  }

  #set(key: string, value: string | Uint8Array): void {
    const createdIndex = this.entries.get(key)?.createdIndex ?? this.index
    this.entries.set(key, { key, value, createdIndex, modifiedIndex: this.index })
    this.changes.push({ type: 'put', key, value, index: this.index })
  }

  #remove(key: string): void {
    if (this.entries.delete(key)) this.changes.push({ type: 'delete', key, index: this.index })
  }
}

const plain = (it: unknown): unknown => (it instanceof Uint8Array ? { bytes: [...it] } : it)

/** Of an entry, what an expectation of that kind speaks of. */
function actual(entry: KvEntry | undefined, about: unknown): unknown {
  if (entry === undefined) return null
  const isIndex = typeof about === 'object' && about !== null && !(about instanceof Uint8Array)
  return isIndex ? { modifiedIndex: entry.modifiedIndex } : plain(entry.value)
}

async function run(steps: readonly Operation[], replica: Replica): Promise<Model> {
  const model = new Model()
  const store = new Kv(replica)
  for (const step of steps) {
    const answer = model.run(step)
    if (step.type === 'noop') replica.noop()
    else if (step.type === 'put') expect(await store.put(step.key, step.value)).toEqual(answer)
    else if (step.type === 'delete') expect(await store.delete(step.key)).toEqual(answer)
    else expect(await store.cas(step.key, step.expected, step.value)).toEqual(answer)
  }
  return model
}

test('every operation answers and leaves what a plain Map would', async () => {
  await fc.assert(
    fc.asyncProperty(operations, async (steps) => {
      const replica = new Replica()
      const model = await run(steps, replica)
      const inOrder = [...model.entries.values()].sort((x, y) => (x.key < y.key ? -1 : 1))
      expect(replica.state.list()).toEqual(inOrder)
      expect(replica.state.list('a')).toEqual(inOrder.filter((entry) => entry.key.startsWith('a')))
      expect(replica.state.size).toBe(model.entries.size)
    }),
  )
})

test('two replicas of one log are equal, and gave equal results', async () => {
  await fc.assert(
    fc.asyncProperty(operations, async (steps) => {
      const [one, other] = [new Replica(), new Replica(kv({ historyChangesMax: 1 }))]
      await run(steps, one)
      const results = one.log.map((bytes) => other.apply(bytes))
      const again = new Replica()
      expect(one.log.map((bytes) => again.apply(bytes))).toEqual(results)
      expect(other.state.list()).toEqual(again.state.list())
    }),
  )
})

test('a watch from any index gives exactly the changes from there on, or says that they are gone', async () => {
  await fc.assert(
    fc.asyncProperty(
      operations,
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom('', 'a', 'b'),
      async (steps, historyChangesMax, prefix) => {
        const replica = new Replica(kv({ historyChangesMax }))
        const { changes } = await run(steps, replica)
        const dropped = changes.slice(0, -historyChangesMax).at(-1)?.index ?? 0
        for (let fromIndex = 1; fromIndex <= replica.index + 1; fromIndex++) {
          const watch = new Kv(replica).watch({ fromIndex, prefix })
          if (fromIndex <= dropped) {
            await expect(watch.next()).rejects.toMatchObject({ code: 'ERR_WATCH_COMPACTED' })
            continue
          }
          const suffix = changes.filter((one) => one.index >= fromIndex && one.key.startsWith(prefix))
          expect(await take(watch, suffix.length)).toEqual(suffix)
          await watch.return()
        }
      },
    ),
  )
})

test('a watch that reads while commands are applied sees every change, once, in order', async () => {
  const reads = fc.array(fc.nat({ max: 3 }), { minLength: 60, maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(operations, reads, fc.constantFrom('', 'a'), async (steps, wanted, prefix) => {
      const replica = new Replica()
      const watch = replica.state.watch({ fromIndex: 1, prefix })
      const model = new Model()
      const nexts: Promise<IteratorResult<KvChange>>[] = []
      for (const [i, step] of steps.entries()) {
        for (let n = 0; n < wanted[i]!; n++) nexts.push(watch.next())
        model.run(step)
        if (step.type === 'noop') replica.noop()
        else await replica.proposeWithReceipt(step)
      }
      await watch.return()
      const seen = (await Promise.all(nexts)).flatMap(({ done, value }) => (done ? [] : [value]))
      const all = model.changes.filter((change) => change.key.startsWith(prefix))
      expect(seen).toEqual(all.slice(0, nexts.length))
    }),
  )
})
