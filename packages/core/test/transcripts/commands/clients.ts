// Commands that a client gives.
import { Mistake } from '../mistake.js'
import { type Command, noMore } from './command.js'

export const CLIENT_COMMANDS: readonly Command[] = [
  {
    name: 'propose',
    usage: 'propose A x y',
    run(stage, [id, ...commands]) {
      const server = stage.running(id)
      if (commands.length === 0) throw new Mistake('which commands?')
      stage.act(server, () => server.propose(...commands))
    },
  },
  {
    name: 'read',
    usage: 'read A lease',
    run(stage, [id, ...rest]) {
      const [kind, ...more] = rest
      noMore(kind === 'lease' ? more : rest)
      stage.read(stage.running(id), kind === 'lease')
    },
  },
  {
    name: 'transfer',
    usage: 'transfer A B',
    run(stage, [id, to, ...rest]) {
      noMore(rest)
      const server = stage.running(id)
      stage.act(server, () => server.step({ type: 'TransferLeadership', to }))
    },
  },
]
