// The recent log in memory: what it gives is the log, and what it gives up is given up.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { LogCache } from '../../src/node/log-cache.js'
import type { EntryBlock } from '../../src/wire/entry-block.js'
import { block } from './harness/solo.js'
import { macrotask } from './harness/world.js'

function cacheOf(...blocks: [EntryBlock, number?][]): LogCache {
  const cache = new LogCache(1_000_000)
  for (const [held, firstIndex] of blocks) cache.append(held, firstIndex ?? held.firstIndex)
  return cache
}

function shape(blocks: readonly EntryBlock[] | undefined): string[] | undefined {
  return blocks?.map(({ firstIndex, lastIndex, term }) => `${firstIndex}-${lastIndex}/${term}`)
}

test('a message begins at the block that holds the index asked for, and is contiguous', () => {
  const cache = cacheOf([block(1, 1, 'a', 'b')], [block(3, 1, 'c')], [block(4, 2, 'd', 'e')])
  expect(shape(cache.gather(2, 1_000_000))).toEqual(['1-2/1', '3-3/1', '4-5/2'])
  expect(shape(cache.gather(4, 1_000_000))).toEqual(['4-5/2'])
  expect(cache.gather(6, 1_000_000)).toBeUndefined()
  expect(cache.gather(0, 1_000_000)).toBeUndefined()
})

test('a message is as small as it may be, but holds one block', () => {
  const cache = cacheOf([block(1, 1, 'a')], [block(2, 1, 'b')], [block(3, 1, 'c')])
  const { byteLength } = block(1, 1, 'a')
  expect(shape(cache.gather(1, 1))).toEqual(['1-1/1'])
  expect(shape(cache.gather(1, byteLength * 2))).toEqual(['1-1/1', '2-2/1'])
  expect(shape(cache.gather(1, byteLength * 3 - 1))).toEqual(['1-1/1', '2-2/1'])
})

test('a block that overlaps the one before counts from its first effective index', () => {
  const cache = cacheOf([block(1, 1, 'a', 'b', 'c')], [block(2, 1, 'b', 'c', 'd', 'e'), 4])
  expect(cache.find(3)?.block.firstIndex).toBe(1)
  expect(cache.find(4)?.block.firstIndex).toBe(2)
  expect(shape(cache.gather(1, 1_000_000))).toEqual(['1-3/1', '4-5/1'])
  // Its entries before that are the same in both: the first block of a message may keep them.
  expect(shape(cache.gather(5, 1_000_000))).toEqual(['2-5/1'])
})

test('a truncation within a block cuts it for everybody, and what follows takes the place', () => {
  const cache = cacheOf([block(1, 1, 'a', 'b', 'c')], [block(4, 1, 'd')])
  cache.truncateFrom(3)
  expect(cache.find(3)).toBeUndefined()
  cache.append(block(3, 2, 'X'), 3)
  expect(shape(cache.gather(1, 1_000_000))).toEqual(['1-2/1', '3-3/2'])
  expect([...cache.gather(1, 1_000_000)![0]!.entries()].map(({ index }) => index)).toEqual([1, 2])
  cache.truncateFrom(1)
  expect(cache.byteLength).toBe(0)
  expect(cache.find(1)).toBeUndefined()
})

test('nothing is given up before it is durable, and then the oldest first', () => {
  const cache = new LogCache(block(1, 1, 'a').byteLength * 2)
  for (let index = 1; index <= 5; index++) cache.append(block(index, 1, 'a'), index)
  cache.evict(0)
  expect(cache.find(1)).toBeDefined()
  cache.evict(2)
  expect([1, 2, 3, 4, 5].map((index) => cache.find(index) !== undefined)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ])
  cache.evict(5)
  expect([3, 4, 5].map((index) => cache.find(index) !== undefined)).toEqual([false, true, true])
  cache.truncateFrom(2)
  expect(cache.byteLength).toBe(0)
  cache.append(block(2, 2, 'X'), 2)
  expect(cache.find(2)?.block.term).toBe(2)
})

test('what is given up leaves memory', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const cache = new LogCache(1)
  const first = new WeakRef(append(cache, 1))
  append(cache, 2)
  cache.evict(2)
  expect(cache.byteLength).toBe(0)
  await macrotask()
  collect()
  expect(first.deref()).toBeUndefined()
})

function append(cache: LogCache, index: number): EntryBlock {
  const appended = block(index, 1, 'word')
  cache.append(appended, index)
  return appended
}
