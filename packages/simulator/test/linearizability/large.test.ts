// Histories as long as a simulated run makes them: decided within a number of steps that takes well under a second.
import { expect, test } from 'vitest'
import {
  type CounterInput,
  checkLinearizability,
  counterModel,
  type KvModelInput,
  type KvModelOutput,
  kvModel,
  type ListInput,
  listModel,
  type Operation,
} from '../../src/linearizability/index.js'
import { busyEvents, observe } from './generate.js'
import { counter, list, silentList, store } from './references.js'

/** A few million steps take a second. */
const affordable = { stepsMax: 250_000, configurationsMax: 50_000 }

type KvOperation = Operation<KvModelInput, KvModelOutput>

const kvInput =
  (keys: number, value: (i: number, random: () => number) => string) =>
  (i: number, random: () => number): KvModelInput => {
    const key = `k${Math.floor(random() * keys)}`
    const written = value(i, random)
    const kind = random()
    if (kind < 0.4) return { type: 'get', key }
    if (kind < 0.75) return { type: 'put', key, value: written }
    if (kind < 0.85) return { type: 'delete', key }
    const expected = random() < 0.3 ? null : value(Math.max(0, i - Math.floor(random() * 40)), random)
    return { type: 'cas', key, expected, value: written }
  }
const unique = (i: number): string => `v${i}`
const fewValues = (_: number, random: () => number): string => `v${Math.floor(random() * 5)}`

const loads = [
  { keys: 20, count: 1_000, clients: 10, unknownShare: 0.2, value: unique },
  { keys: 20, count: 10_000, clients: 10, unknownShare: 0, value: unique },
  { keys: 20, count: 10_000, clients: 10, unknownShare: 0.2, value: unique },
  { keys: 20, count: 10_000, clients: 50, unknownShare: 0.2, value: unique },
  { keys: 1, count: 1_000, clients: 10, unknownShare: 0.2, value: unique },
  { keys: 20, count: 10_000, clients: 10, unknownShare: 0.2, value: fewValues },
]
const title = '$count operations of $clients clients on $keys keys, unknown: $unknownShare, $value.name'

const historyOf = (load: (typeof loads)[number]): KvOperation[] =>
  observe(store, busyEvents({ ...load, seed: 1, input: kvInput(load.keys, load.value) }))

test.each(loads)(`what happened is accepted: ${title}`, (load) => {
  expect(checkLinearizability(kvModel(), historyOf(load), affordable)).toEqual({ ok: true })
})

// With few values an old one is hardly ever stale.
const telling = loads.filter(({ value }) => value === unique)

test.each(telling)(`one stale read is found, and shown by a few operations: ${title}`, (load) => {
  const history = historyOf(load)
  const { at, read } = makeStale(history)
  history[at] = read
  const { explanation } = checkLinearizability(kvModel(), history, affordable)
  expect(explanation?.operations).toContain(read)
  expect(explanation?.operations.length).toBeLessThanOrEqual(4)
  expect(explanation?.minimal).toBe(true)
})

/** The last get, answered with what was put and seen to be replaced long ago. */
function makeStale(history: KvOperation[]): { at: number; read: KvOperation } {
  const at = history.findLastIndex(({ outcome, input }) => outcome === 'returned' && input.type === 'get')
  const read = history[at]!
  const puts = history.filter(
    ({ outcome, input }) => outcome === 'returned' && input.type === 'put' && input.key === read.input.key,
  )
  const old = puts[Math.floor(puts.length / 2)]!.input
  if (read.outcome !== 'returned' || old.type !== 'put') throw new Error('no such history')
  return { at, read: { ...read, output: { value: old.value } } }
}

test.each([10, 50])('a list and a counter of %i clients', (clients) => {
  const load = { seed: 2, count: 3_000, clients, unknownShare: 0.2 }
  const input = (i: number, random: () => number): ListInput =>
    random() < 0.3 ? { type: 'read' } : { type: 'append', value: `v${i}` }
  for (const reference of [list, silentList]) {
    const history = observe(reference, busyEvents({ ...load, input }))
    expect(checkLinearizability(listModel(), history, affordable)).toEqual({ ok: true })
  }
  const add = (_: number, random: () => number): CounterInput =>
    random() < 0.3 ? { type: 'read' } : { type: 'add', amount: 1 }
  const sums = observe(counter, busyEvents({ ...load, input: add }))
  expect(checkLinearizability(counterModel(), sums, affordable)).toEqual({ ok: true })
})
