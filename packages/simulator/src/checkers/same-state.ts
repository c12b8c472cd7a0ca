// Raft §5.3, State Machine Safety: servers that have applied the same commands are in the same state. Looked at every now
// and then: a whole state may be large.
import { inspect } from 'node:util'
import type { LogIndex } from '@riverraft/core'
import { hashText } from '../world/trace.js'
import type { Checker } from './checker.js'

const EVERY = 32
const SHOWN_CHARACTERS_MAX = 200

export const sameState: Checker = {
  property: 'same-state',
  hooks(_history, fail) {
    const states = new Map<LogIndex, { readonly hash: number; readonly shown: string }>()
    return {
      applied(node, { index, state }) {
        if (index % EVERY !== 0) return
        const text = textOf(state)
        const hash = hashText(text)
        const shown = text.slice(0, SHOWN_CHARACTERS_MAX)
        const known = states.get(index)
        if (known === undefined) states.set(index, { hash, shown })
        else if (known.hash !== hash)
          fail(`${node.id} has ${shown} after ${index}, another server had ${known.shown}`)
      },
    }
  },
}

/** Also of what JSON does not know: maps, sets, dates, bytes. */
export function textOf(state: unknown): string {
  return inspect(state, {
    depth: Number.POSITIVE_INFINITY,
    maxArrayLength: Number.POSITIVE_INFINITY,
    maxStringLength: Number.POSITIVE_INFINITY,
    breakLength: Number.POSITIVE_INFINITY,
    sorted: true,
  })
}
