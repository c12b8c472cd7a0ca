// What a command is: a row of the table, with the words that docs/transcripts.md must contain.
import type { Server } from '../../harness/server.js'
import { Mistake } from '../mistake.js'
import type { Stage } from '../stage.js'

export interface Command {
  readonly name: string
  /** How it is written, with its arguments. */
  readonly usage: string
  run(stage: Stage, words: readonly string[], perform: (words: readonly string[]) => void): void
}

/** `all`, or names of running servers. */
export function serversOf(stage: Stage, words: readonly string[]): Server[] {
  if (words.length === 1 && words[0] === 'all') return [...stage.servers.values()].filter(({ up }) => up)
  if (words.length === 0) throw new Mistake('which server?')
  return words.map((id) => stage.running(id))
}

export function numberOf(word: string | undefined, what: string): number {
  if (word === undefined || !/^\d+$/.test(word))
    throw new Mistake(`${what} must be a number, not "${word ?? ''}"`)
  return Number(word)
}

export function noMore(words: readonly string[]): void {
  if (words.length > 0) throw new Mistake(`what is "${words.join(' ')}"?`)
}
