import { expect, test } from 'vitest'
import { RaftError, SnapshotSaves } from '../../src/index.js'

const closed = new RaftError('ERR_STORAGE', 'closed')

async function* chunks(...numbers: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const number of numbers) yield Uint8Array.of(number)
}

async function take(content: AsyncIterable<Uint8Array>): Promise<number[]> {
  const taken: number[] = []
  for await (const [number] of content) taken.push(number!)
  return taken
}

test('a content comes through as it is, with what it throws', async () => {
  const saves = new SnapshotSaves()
  let taken: number[] = []
  const save = async (content: AsyncIterable<Uint8Array>) => {
    taken = await take(content)
  }
  await saves.save(chunks(1, 2, 3), save)
  expect(taken).toEqual([1, 2, 3])
  const bang = new Error('bang')
  const failing = async function* () {
    yield* chunks(1)
    throw bang
  }
  await expect(saves.save(failing(), save)).rejects.toBe(bang)
  await saves.save(chunks(4), save)
  expect(taken).toEqual([4])
})

test('one begins when the one before has settled, whether it failed or not', async () => {
  const saves = new SnapshotSaves()
  const order: string[] = []
  const named = (name: string, fails = false) =>
    saves.save(chunks(1, 2), async (content) => {
      order.push(`${name} begins`)
      await take(content)
      order.push(`${name} ends`)
      if (fails) throw new Error(name)
    })
  await Promise.allSettled([named('a', true), named('b'), named('c')])
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

test('a save that leaves its content leaves the caller’s', async () => {
  let left = false
  const content = async function* () {
    try {
      yield* chunks(1, 2)
    } finally {
      left = true
    }
  }
  await new SnapshotSaves().save(content(), async (live) => {
    for await (const _ of live) break
  })
  expect(left).toBe(true)
})

test('a content that cannot be left does not hide why it is left', async () => {
  const content: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: Uint8Array.of(1) }),
      return: () => {
        throw new Error('cannot be left')
      },
    }),
  }
  let left: unknown
  const saved = new SnapshotSaves().save(content, async (live) => {
    const iterator = live[Symbol.asyncIterator]()
    await iterator.next()
    left = await iterator.return!().catch((error: unknown) => error)
    throw new Error('the disk is full')
  })
  await expect(saved).rejects.toThrow('the disk is full')
  expect(left).toEqual({ done: true, value: undefined })
})

test('the end fails the one whose next chunk never comes, and those that wait', async () => {
  const saves = new SnapshotSaves()
  const endless = async function* () {
    yield* chunks(1)
    await new Promise(() => {})
  }
  let seen!: () => void
  const begun = new Promise<void>((resolve) => {
    seen = resolve
  })
  const under = saves.save(endless(), async (content) => {
    for await (const _ of content) seen()
  })
  let asked = false
  const waits = saves.save(chunks(1), async () => {
    asked = true
  })
  const outcomes = Promise.allSettled([under, waits])
  await begun
  await saves.end(closed)
  for (const outcome of await outcomes) expect(outcome).toEqual({ status: 'rejected', reason: closed })
  expect(asked).toBe(false)
  await expect(saves.save(chunks(1), async () => {})).rejects.toBe(closed)
})

test('the end waits for what has all its content, and keeps its first reason', async () => {
  const saves = new SnapshotSaves()
  let finish!: () => void
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  let taken!: () => void
  const all = new Promise<void>((resolve) => {
    taken = resolve
  })
  const under = saves.save(chunks(1, 2), async (content) => {
    await take(content)
    taken()
    await finished
  })
  await all
  let ended = false
  const ending = saves.end(closed).then(() => {
    ended = true
  })
  void saves.end(new RaftError('ERR_STORAGE', 'later'))
  await Promise.resolve()
  expect(ended).toBe(false)
  finish()
  await under
  await ending
  await expect(saves.save(chunks(1), async () => {})).rejects.toBe(closed)
})
