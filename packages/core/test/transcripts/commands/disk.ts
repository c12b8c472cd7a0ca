// Commands about disks. A write stays under way until it is told to complete.
import type { Server } from '../../harness/server.js'
import { describeDisk } from '../describe/state.js'
import { Mistake } from '../mistake.js'
import type { Stage } from '../stage.js'
import { type Command, numberOf, serversOf } from './command.js'

/** The oldest `count` writes complete, and what waited for them leaves. */
export function persist(stage: Stage, server: Server, count = server.disk.inFlight.length): void {
  const writes = server.disk.inFlight.slice(0, count).map((write) => write.persist.write)
  const which = writes.length === 1 ? `write ${writes[0]} is` : `writes ${writes.join(' ')} are`
  stage.narrator.output.line(`${server.id}'s ${which} durable`)
  stage.act(server, () => server.completeWrites(count))
}

export const DISK_COMMANDS: readonly Command[] = [
  {
    name: 'persist',
    usage: 'persist A 1',
    run(stage, words) {
      const last = words.at(-1) ?? ''
      const count = /^\d+$/.test(last) ? numberOf(last, 'how many writes') : undefined
      const ids = count === undefined ? words : words.slice(0, -1)
      const writing = serversOf(stage, ids).filter(({ disk }) => disk.inFlight.length > 0)
      if (writing.length < (ids[0] === 'all' ? 1 : ids.length)) throw new Mistake('no write is under way')
      for (const server of writing) persist(stage, server, count)
    },
  },
  {
    name: 'auto-persist',
    usage: 'auto-persist A B on',
    run(stage, words) {
      const turn = words.at(-1)
      if (turn !== 'on' && turn !== 'off') throw new Mistake('`on` or `off`?')
      const servers = serversOf(stage, words.length === 1 ? ['all'] : words.slice(0, -1))
      for (const server of servers) {
        if (turn === 'off') stage.autoPersist.delete(server.id)
        else stage.autoPersist.add(server.id)
      }
      const who = servers.map(({ id }) => id).join(' ')
      stage.narrator.output.line(
        turn === 'on' ? `${who}: writes complete at once` : `${who}: writes wait for persist`,
      )
      for (const server of servers) stage.act(server, () => undefined)
    },
  },
  {
    name: 'disk',
    usage: 'disk A',
    run(stage, words) {
      for (const id of words) stage.narrator.output.line(`${id}'s disk = ${describeDisk(stage.server(id))}`)
      if (words.length === 0) throw new Mistake('which server?')
    },
  },
]
