// Tries every order of a small history, without memory and without the models.
import { isDeepStrictEqual } from 'node:util'
import type { History } from '../../src/linearizability/index.js'
import type { Reference } from './references.js'

export function isLinearizable<State, Input, Output>(
  { initial, apply }: Reference<State, Input, Output>,
  history: History<Input, Output>,
): boolean {
  const place = (rest: History<Input, Output>, state: State): boolean => {
    const returned = rest.filter((operation) => operation.outcome === 'returned')
    if (returned.length === 0) return true
    const firstReturn = Math.min(...returned.map((operation) => operation.returnedAt))
    return rest.some((operation) => {
      if (operation.calledAt > firstReturn) return false
      const [output, after] = apply(state, operation.input)
      if (operation.outcome === 'returned' && !isDeepStrictEqual(output, operation.output)) return false
      return place(
        rest.filter((other) => other !== operation),
        after,
      )
    })
  }
  return place(
    history.filter((operation) => operation.outcome !== 'not-applied'),
    initial,
  )
}
