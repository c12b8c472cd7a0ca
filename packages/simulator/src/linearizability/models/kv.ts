// The operations of @riverraft/kv on one key: its keys do not influence each other.
import { byKey, ILLEGAL, type Model, type Observed, type Step, UNKNOWN } from '../model.js'
import { describeKv } from './kv-text.js'

export type KvModelValue = string | Uint8Array

export type KvModelInput =
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'put'; readonly key: string; readonly value: KvModelValue }
  | { readonly type: 'delete'; readonly key: string }
  | {
      readonly type: 'cas'
      readonly key: string
      /** `null`: no such key. Log indexes are not modelled. */
      readonly expected: KvModelValue | null
      /** `null`: delete. */
      readonly value: KvModelValue | null
    }

type KvModelEntry = { readonly value: KvModelValue } | undefined

/**
 * What the store answered, as it comes from Kv: an entry or `undefined` to get, an object to the others. Properties
 * that are missing were not recorded and are not checked.
 */
export type KvModelOutput =
  | KvModelEntry
  | { readonly created?: boolean }
  | { readonly deleted?: boolean }
  | { readonly succeeded?: boolean; readonly entry?: KvModelEntry }

/** The value of the key as text, or null. */
export type KvModelState = string | null

export function kvModel(): Model<KvModelState, KvModelInput, KvModelOutput> {
  return {
    ...modelOf(textOf),
    partition: byKey((input) => input.key),
    /**
     * Values that no output and no expectation names are all one value here. Sound, for no operation can tell them
     * apart: replacing one by another in every state of an order keeps each of its steps legal. So unknown writes of
     * such values are interchangeable, instead of each making states of its own. They cannot simply be dropped: that
     * there was a value, or another than expected, shows in `created`, `deleted` and `succeeded`.
     */
    specialize(history) {
      const named = new Set<string>()
      const name = (value: KvModelValue | null | undefined): void => {
        if (value !== null && value !== undefined) named.add(textOf(value))
      }
      for (const operation of history) {
        if (operation.input.type === 'cas') name(operation.input.expected)
        if (operation.outcome === 'returned') for (const value of valuesIn(operation.output)) name(value)
      }
      return modelOf((value) => {
        const text = textOf(value)
        return named.has(text) ? text : NOBODY_SAW
      }) as Model<unknown, KvModelInput, KvModelOutput>
    },
  }
}

/** Lone surrogates: the store takes well-formed strings only, so no value looks like these. */
const BYTES = '\ud800'
const NOBODY_SAW = '\ud801'

function textOf(value: KvModelValue): string {
  return typeof value === 'string' ? value : `${BYTES}${value.join(' ')}`
}

function hashOf(state: KvModelState): string | number {
  return state === null ? 0 : state
}

/** The only value that the key can have had before this output; undefined if there are several. */
function neededBy(input: KvModelInput, output: KvModelOutput): KvModelValue | null | undefined {
  if (input.type === 'get') return output && 'value' in output ? output.value : null
  if (output === undefined || 'value' in output) return undefined
  if (input.type === 'put') return 'created' in output && output.created ? null : undefined
  if (input.type === 'delete') return 'deleted' in output && output.deleted === false ? null : undefined
  if (!('succeeded' in output) || output.succeeded === undefined) return undefined
  if (output.succeeded) return input.expected
  return 'entry' in output ? (output.entry?.value ?? null) : undefined
}

function* valuesIn(output: KvModelOutput): Iterable<KvModelValue | undefined> {
  if (output && 'value' in output) yield output.value
  if (output && 'entry' in output) yield output.entry?.value
}

function modelOf(text: (value: KvModelValue) => string): Model<KvModelState, KvModelInput, KvModelOutput> {
  const orNull = (value: KvModelValue | null): KvModelState => (value === null ? null : text(value))
  const after = (state: KvModelState, input: KvModelInput): KvModelState => {
    switch (input.type) {
      case 'get':
        return state
      case 'put':
        return text(input.value)
      case 'delete':
        return null
      case 'cas':
        return state === orNull(input.expected) ? orNull(input.value) : state
      default:
        return input satisfies never
    }
  }
  return {
    init: () => null,
    step(state, input, output): Step<KvModelState> {
      const next = after(state, input)
      const isAsSeen = output === UNKNOWN || matches(state, next, input, output)
      return isAsSeen ? { legal: true, state: next } : ILLEGAL
    },
    hash: hashOf,
    readOnly: (input) => input.type === 'get',
    overwrites: (input) => input.type === 'put' || input.type === 'delete',
    effectKey: (input) => {
      const value = 'value' in input ? orNull(input.value) : null
      const expected = input.type === 'cas' ? orNull(input.expected) : undefined
      return JSON.stringify([input.type, value, expected])
    },
    needs: (input, output) => {
      const needed = neededBy(input, output)
      return needed === undefined ? undefined : hashOf(orNull(needed))
    },
    makes: (input) => {
      if (input.type === 'get') return undefined
      return hashOf(input.type === 'delete' ? null : orNull(input.value))
    },
    describe: describeKv,
    describeState: (state) => {
      if (state === null) return 'the key does not exist'
      return state.startsWith(BYTES) ? `the value is bytes [${state.slice(1)}]` : `the value is "${state}"`
    },
  }

  function matches(
    state: KvModelState,
    next: KvModelState,
    input: KvModelInput,
    output: Exclude<Observed<KvModelOutput>, typeof UNKNOWN>,
  ): boolean {
    const isAs = (entry: KvModelEntry): boolean => next === (entry ? text(entry.value) : null)
    if (input.type === 'get') return isAs(output as KvModelEntry)
    if (output === undefined) return true
    const isSo = (seen: boolean | undefined, fact: boolean): boolean => seen === undefined || seen === fact
    if ('created' in output) return isSo(output.created, state === null)
    if ('deleted' in output) return isSo(output.deleted, state !== null)
    if (input.type !== 'cas' || 'value' in output) return true
    if ('succeeded' in output && !isSo(output.succeeded, state === orNull(input.expected))) return false
    return !('entry' in output) || isAs(output.entry)
  }
}
