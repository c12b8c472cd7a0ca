// Commands about messages under way. Nothing arrives unless it is delivered.
import type { Letter } from '../../harness/letter.js'
import { describeMessage } from '../describe/message.js'
import { Mistake } from '../mistake.js'
import { parseSelections } from '../network.js'
import type { Stage } from '../stage.js'
import { type Command, noMore } from './command.js'

function tell(stage: Stage, what: string, { from, to, message }: Letter): void {
  stage.narrator.output.lineTo(`${what} ${message.type} from ${from} to`, to, describeMessage(message))
}

/** Splits `A->B AppendEntries as late` into the selection and the name. */
function named(words: readonly string[]): { selection: readonly string[]; name: string | undefined } {
  const at = words.indexOf('as')
  if (at === -1) return { selection: words, name: undefined }
  if (at !== words.length - 2) throw new Mistake('one name follows `as`')
  return { selection: words.slice(0, at), name: words[at + 1] }
}

export const NETWORK_COMMANDS: readonly Command[] = [
  {
    name: 'deliver',
    usage: 'deliver A->B B->A AppendEntries first',
    run(stage, words) {
      const { network } = stage
      if (words.length === 1 && network.held.has(words[0]!)) {
        for (const letter of network.takeHeld(words[0]!)) stage.deliver(letter)
        return
      }
      for (const selection of parseSelections(words)) {
        for (const letter of network.take(selection)) stage.deliver(letter)
      }
    },
  },
  {
    name: 'drop',
    usage: 'drop A->*',
    run(stage, words) {
      for (const selection of parseSelections(words)) {
        for (const letter of stage.network.take(selection)) tell(stage, 'dropped', letter)
      }
    },
  },
  {
    name: 'duplicate',
    usage: 'duplicate A->B as late',
    run(stage, words) {
      const { selection, name } = named(words)
      for (const chosen of parseSelections(selection)) {
        const copies = stage.network.find(chosen).map((letter) => ({ ...letter }))
        for (const letter of copies) tell(stage, name === undefined ? 'copied' : `copied as ${name}:`, letter)
        if (name === undefined) stage.network.pool.push(...copies)
        else stage.network.hold(name, copies)
      }
    },
  },
  {
    name: 'hold',
    usage: 'hold A->B last as late',
    run(stage, words) {
      const { selection, name } = named(words)
      if (name === undefined) throw new Mistake('`as` and a name say how to find it again')
      for (const chosen of parseSelections(selection)) {
        const letters = stage.network.take(chosen)
        stage.network.hold(name, letters)
        for (const letter of letters) tell(stage, `held as ${name}:`, letter)
      }
    },
  },
  {
    name: 'pool',
    usage: 'pool',
    run(stage, words) {
      noMore(words)
      for (const letter of stage.network.pool) tell(stage, 'under way:', letter)
    },
  },
  {
    name: 'partition',
    usage: 'partition A B | C D E',
    run(stage, words) {
      const groups = words
        .join(' ')
        .split('|')
        .map((group) => group.trim().split(/\s+/))
      for (const id of groups.flat()) stage.server(id)
      stage.network.partition(groups)
      stage.narrator.output.line(`cut: ${groups.map((group) => group.join(' ')).join(' | ')}`)
    },
  },
  {
    name: 'heal',
    usage: 'heal',
    run(stage, words) {
      noMore(words)
      stage.network.partition([])
      stage.narrator.output.line('no cut')
    },
  },
]
