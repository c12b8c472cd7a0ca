// A list that is appended to: what a replicated log looks like from outside.
import type { History } from '../history.js'
import { ILLEGAL, type Model, NEVER_BEFORE, type Observed, type Step, UNKNOWN } from '../model.js'

export type ListInput = { readonly type: 'read' } | { readonly type: 'append'; readonly value: string }

/** The whole list to a read. To an append the length of the list after it, or `undefined` if that is not told. */
export type ListOutput = readonly string[] | number | undefined

/** Commands should be unique: then a command applied twice shows, and histories of any length are checked fast. */
export function listModel(): Model<readonly string[], ListInput, ListOutput> {
  return {
    init: () => [],
    step(state, input, output): Step<readonly string[]> {
      if (input.type === 'append') {
        const after = [...state, input.value]
        return isLength(output, after.length) ? { legal: true, state: after } : ILLEGAL
      }
      const isSame = !isList(output) || (output.length === state.length && isPrefix(output, state))
      return isSame ? { legal: true, state } : ILLEGAL
    },
    hash: (state) => JSON.stringify(state),
    specialize: (history) => lengthModel(history) as Model<unknown, ListInput, ListOutput>,
    readOnly,
    effectKey: (input) => (input.type === 'append' ? input.value : undefined),
    describe,
    describeState: (state) => `the list is [${state.join(', ')}]`,
  }
}

/**
 * The same with the length as the state. Sound, for the list only grows: every list in an order that contains the
 * longest read is a prefix of what that read returned, or has it as its prefix. So up to its length only its own next
 * value can be appended, and beyond it no value is ever seen, only lengths are: there all appends are alike.
 */
function lengthModel(history: History<ListInput, ListOutput>): Model<number, ListInput, ListOutput> {
  const reads = history.flatMap((operation) =>
    operation.outcome === 'returned' && isList(operation.output) ? [operation.output] : [],
  )
  const longest = reads.reduce((a, b) => (b.length > a.length ? b : a), [])
  const possible = new Set(reads.filter((read) => isPrefix(read, longest)))
  const seen = new Set(longest)
  return {
    init: () => 0,
    step(length, input, output): Step<number> {
      if (input.type === 'read') {
        const isSame = !isList(output) || (output.length === length && possible.has(output))
        return isSame ? { legal: true, state: length } : ILLEGAL
      }
      if (length < longest.length && longest[length] !== input.value) return ILLEGAL
      return isLength(output, length + 1) ? { legal: true, state: length + 1 } : ILLEGAL
    },
    hash: (length) => length,
    readOnly,
    needs: (input, output) => {
      if (isList(output)) return output.length
      return output === undefined || input.type === 'read' ? output : output - 1
    },
    makes: ({ type }) => (type === 'read' ? undefined : NEVER_BEFORE),
    // Beyond the longest read a seen value is like any other too, but here it counts where it is seen.
    effectKey: (input) => {
      if (input.type === 'read') return undefined
      return seen.has(input.value) ? `seen ${input.value}` : 'never seen'
    },
  }
}

function isList(output: Observed<ListOutput>): output is readonly string[] {
  return Array.isArray(output)
}

function isLength(output: Observed<ListOutput>, length: number): boolean {
  return output === UNKNOWN || output === undefined || output === length
}

function isPrefix(prefix: readonly string[], list: readonly string[]): boolean {
  return prefix.length <= list.length && prefix.every((value, i) => value === list[i])
}

function readOnly(input: ListInput): boolean {
  return input.type === 'read'
}

function describe(input: ListInput, output: Observed<ListOutput>): string {
  if (input.type === 'read') return isList(output) ? `read → [${output.join(', ')}]` : 'read'
  return typeof output === 'number' ? `append ${input.value} → length ${output}` : `append ${input.value}`
}
