// Commands that begin, stop and show servers.
import type { ConsensusOptions } from '../../../src/consensus/index.js'
import { OPTIONS } from '../../harness/options.js'
import { describeFollowers } from '../describe/state.js'
import { Mistake } from '../mistake.js'
import type { Member } from '../stage.js'
import { type Command, noMore, numberOf, serversOf } from './command.js'

/** `A 1 1 2 term=3 B heartbeatMs=20`: names with the terms of their logs, then settings. */
function parseMembers(words: readonly string[]): { members: Member[]; options: Partial<ConsensusOptions> } {
  const members: { id: string; terms: number[]; term: number | undefined; joins: boolean }[] = []
  const options: Record<string, number | boolean> = {}
  for (const word of words) {
    const [key, value] = word.split('=')
    const member = members.at(-1)
    if (word === 'joins' && member !== undefined) {
      member.joins = true
      continue
    }
    if (value === undefined && /^[A-Za-z]\w*$/.test(word))
      members.push({ id: word, terms: [], term: undefined, joins: false })
    else if (value === undefined && member !== undefined) member.terms.push(numberOf(word, 'a term'))
    else if (key === 'term' && member !== undefined) member.term = numberOf(value, 'a term')
    else if (key! in OPTIONS)
      options[key!] = /^(true|false)$/.test(value!) ? value === 'true' : numberOf(value, key!)
    else throw new Mistake(`what is "${word}"?`)
  }
  if (members.length === 0) throw new Mistake('which servers?')
  return { members, options }
}

export const SERVER_COMMANDS: readonly Command[] = [
  {
    name: 'servers',
    usage: 'servers A 1 1 2 term=3 B C joins heartbeatMs=20',
    run(stage, words) {
      const { members, options } = parseMembers(words)
      stage.begin(members, options)
    },
  },
  {
    name: 'crash',
    usage: 'crash A 1',
    run(stage, [id, reached = '0', ...rest]) {
      noMore(rest)
      stage.crash(stage.running(id), numberOf(reached, 'how many writes reach the disk'))
    },
  },
  {
    name: 'restart',
    usage: 'restart A',
    run(stage, [id, ...rest]) {
      noMore(rest)
      const server = stage.server(id)
      if (server.up) throw new Mistake(`${id} is running`)
      stage.act(server, () => server.start())
    },
  },
  {
    name: 'status',
    usage: 'status all',
    run(stage, words) {
      for (const server of serversOf(stage, words)) {
        stage.narrator.show(server)
        for (const line of describeFollowers(server)) stage.narrator.output.line(`  ${line}`)
      }
    },
  },
  {
    name: 'log',
    usage: 'log A B',
    run(stage, words) {
      for (const { id, entries } of serversOf(stage, words)) {
        const shown = entries.map(({ index, term, command }) => `${index}@${term} ${command}`.trim())
        stage.narrator.output.line(`${id}: ${shown.length > 0 ? shown.join(', ') : 'empty'}`)
      }
    },
  },
]
