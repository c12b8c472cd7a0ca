// Small executions of everything that is modelled, with outputs that may be lies.
import fc from 'fast-check'
import {
  type CounterInput,
  type CounterOutput,
  counterModel,
  type KvModelInput,
  type KvModelOutput,
  kvModel,
  type ListInput,
  type ListOutput,
  listModel,
  type Model,
  type RegisterInput,
  type RegisterOutput,
  registerModel,
} from '../../src/linearizability/index.js'
import type { Event } from './generate.js'
import { counter, list, type Reference, register, silentList, store } from './references.js'

export interface Subject<State, Input, Output> {
  readonly name: string
  readonly reference: Reference<State, Input, Output>
  readonly model: Model<unknown, Input, Output>
  readonly input: fc.Arbitrary<Input>
  /** An output that this input might have had. */
  lie(input: Input): fc.Arbitrary<Output>
}

const small = fc.constantFrom(1, 2, 3)
const word = fc.constantFrom('x', 'y', 'z')
const readInput = fc.constant({ type: 'read' as const })

const registers: Subject<unknown, RegisterInput, RegisterOutput> = {
  name: 'register',
  reference: register as Reference<unknown, RegisterInput, RegisterOutput>,
  model: registerModel() as Model<unknown, RegisterInput, RegisterOutput>,
  input: fc.oneof(readInput, fc.record({ type: fc.constant('write' as const), value: small })),
  lie: (input) => (input.type === 'read' ? fc.constantFrom(null, 1, 2, 3) : fc.constant(undefined)),
}

const counters = (name: string, ...amounts: number[]): Subject<unknown, CounterInput, CounterOutput> => ({
  name,
  reference: counter as Reference<unknown, CounterInput, CounterOutput>,
  model: counterModel() as Model<unknown, CounterInput, CounterOutput>,
  input: fc.oneof(
    readInput,
    fc.record({ type: fc.constant('add' as const), amount: fc.constantFrom(...amounts) }),
  ),
  lie: () => fc.integer({ min: -1, max: 6 }),
})

const lists = (
  name: string,
  reference: Reference<string[], ListInput, ListOutput>,
): Subject<unknown, ListInput, ListOutput> => ({
  name,
  reference: reference as unknown as Reference<unknown, ListInput, ListOutput>,
  model: listModel() as Model<unknown, ListInput, ListOutput>,
  // Not unique: the model must not rely on it.
  input: fc.oneof(readInput, fc.record({ type: fc.constant('append' as const), value: word })),
  lie: (input): fc.Arbitrary<ListOutput> => {
    if (input.type === 'read') return fc.array(word, { maxLength: 3 })
    return reference === silentList ? fc.constant(undefined) : fc.integer({ min: 1, max: 5 })
  },
})

const key = fc.constantFrom('k', 'l')
const value = fc.constantFrom('1', '2', '3', new Uint8Array([1]))
const orNull = fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) })
const entry = orNull.map((content) => (content === null ? undefined : { value: content }))

const stores: Subject<unknown, KvModelInput, KvModelOutput> = {
  name: 'key-value store',
  reference: store as unknown as Reference<unknown, KvModelInput, KvModelOutput>,
  model: kvModel() as Model<unknown, KvModelInput, KvModelOutput>,
  input: fc.oneof(
    fc.record({ type: fc.constant('get' as const), key }),
    fc.record({ type: fc.constant('put' as const), key, value }),
    fc.record({ type: fc.constant('delete' as const), key }),
    fc.record({ type: fc.constant('cas' as const), key, expected: orNull, value: orNull }),
  ),
  lie: (input): fc.Arbitrary<KvModelOutput> => {
    if (input.type === 'get') return entry
    if (input.type === 'put') return fc.boolean().map((created) => ({ created }))
    if (input.type === 'delete') return fc.boolean().map((deleted) => ({ deleted }))
    return fc.record({ succeeded: fc.boolean(), entry }, { noNullPrototype: true })
  },
}

// Each with inputs and outputs of its own: what is done with one is done with any.
export const subjects = [
  registers,
  counters('counter', 1, 2, -1),
  counters('counter that only grows', 0, 1, 2),
  lists('list', list),
  lists('list whose appends tell nothing', silentList),
  stores,
] as unknown as Subject<unknown, { readonly type: string }, unknown>[]

/** Up to `lies` of the outputs are made up. */
export function eventsOf<Input, Output>(
  { input, lie }: Subject<unknown, Input, Output>,
  { max, lies }: { max: number; lies: boolean },
): fc.Arbitrary<Event<Input, Output>[]> {
  const fate = fc.oneof(
    { weight: 6, arbitrary: fc.constant('returned' as const) },
    { weight: 3, arbitrary: fc.constantFrom('unanswered' as const, 'lost' as const, 'refused' as const) },
  )
  const event = input.chain((chosen) =>
    fc.record({
      client: fc.constantFrom('a', 'b', 'c'),
      input: fc.constant(chosen),
      // Effects are 10 apart: this reaches across two of them.
      before: fc.integer({ min: 0, max: 25 }),
      after: fc.integer({ min: 0, max: 25 }),
      fate,
      lie: lies
        ? fc.option(
            lie(chosen).map((output) => ({ output })),
            { freq: 4, nil: undefined },
          )
        : fc.constant(undefined),
    }),
  )
  return fc.array(event, { maxLength: max, size: 'max' })
}
