// The modelled objects once more, as plain as they can be written: what the models and the search are tested against.
import type {
  CounterInput,
  CounterOutput,
  KvModelInput,
  KvModelOutput,
  KvModelValue,
  ListInput,
  ListOutput,
  RegisterInput,
  RegisterOutput,
  RegisterValue,
} from '../../src/linearizability/index.js'

export interface Reference<State, Input, Output> {
  readonly initial: State
  apply(state: State, input: Input): [Output, State]
}

export const register: Reference<RegisterValue, RegisterInput, RegisterOutput> = {
  initial: null,
  apply: (state, input) => (input.type === 'read' ? [state, state] : [undefined, input.value]),
}

export const counter: Reference<number, CounterInput, CounterOutput> = {
  initial: 0,
  apply: (state, input) => {
    const after = input.type === 'read' ? state : state + input.amount
    return [after, after]
  },
}

/** Appends that tell the length, so that one which nobody read still matters. */
export const list: Reference<string[], ListInput, ListOutput> = {
  initial: [],
  apply: (state, input) =>
    input.type === 'read' ? [state, state] : [state.length + 1, [...state, input.value]],
}

/** Appends that tell nothing. */
export const silentList: Reference<string[], ListInput, ListOutput> = {
  initial: [],
  apply: (state, input) => (input.type === 'read' ? [state, state] : [undefined, [...state, input.value]]),
}

type Entries = Readonly<Record<string, KvModelValue>>

/** All keys in one. */
export const store: Reference<Entries, KvModelInput, KvModelOutput> = {
  initial: {},
  apply: (state, input) => {
    const { [input.key]: before, ...others } = state
    const entry = (value: KvModelValue | undefined): { value: KvModelValue } | undefined =>
      value === undefined ? undefined : { value }
    switch (input.type) {
      case 'get':
        return [entry(before), state]
      case 'put':
        return [{ created: before === undefined }, { ...others, [input.key]: input.value }]
      case 'delete':
        return [{ deleted: before !== undefined }, others]
      case 'cas': {
        if (
          String(before ?? null) !== String(input.expected) ||
          typeof before !== typeof (input.expected ?? undefined)
        )
          return [{ succeeded: false, entry: entry(before) }, state]
        const after = input.value === null ? others : { ...others, [input.key]: input.value }
        return [{ succeeded: true, entry: entry(input.value ?? undefined) }, after]
      }
      default:
        return input satisfies never
    }
  },
}
