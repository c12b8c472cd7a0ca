// Commands that an operator gives.
import { Mistake } from '../mistake.js'
import type { Command } from './command.js'

export const MEMBERSHIP_COMMANDS: readonly Command[] = [
  {
    name: 'change',
    usage: 'change A voters B C learners D by force',
    run(stage, [id, ...words]) {
      const server = stage.running(id)
      const named: Record<'voters' | 'learners', string[]> = { voters: [], learners: [] }
      const force = words.slice(-2).join(' ') === 'by force'
      let list: string[] | undefined
      for (const word of force ? words.slice(0, -2) : words) {
        if (word === 'voters' || word === 'learners') list = named[word]
        else if (list === undefined) throw new Mistake('`voters` or `learners`, and their names')
        else list.push(stage.server(word).id)
      }
      const { voters, learners } = named
      stage.act(server, () => server.change(voters.join(' '), learners.join(' '), { force }))
    },
  },
]
