// Commands that move time. Every server has its own clock, and only commands move it.
import type { Server } from '../../harness/server.js'
import { Mistake } from '../mistake.js'
import type { Stage } from '../stage.js'
import { type Command, noMore, numberOf, serversOf } from './command.js'

/** Moves the clock of one server to its next deadline, and lets the timer fire. */
function fire(stage: Stage, id: string | undefined, leads: boolean): void {
  const server = stage.running(id)
  const isLeader = server.state.role.role === 'leader'
  if (isLeader !== leads)
    throw new Mistake(`${id} ${isLeader ? 'leads: use heartbeat' : 'does not lead: use timeout'}`)
  stage.act(server, () => {
    // A wake-up that was asked for earlier may come before the deadline, which has moved since.
    while (Number.isFinite(server.wakeAt)) {
      if (stage.tick(server).events.some(({ type }) => type !== 'WakeScheduled')) return
    }
    throw new Mistake(`${id} waits for nothing`)
  })
}

function advance(stage: Stage, server: Server, ms: number): void {
  const until = server.now + ms
  stage.act(server, () => {
    while (server.wakeAt <= until) stage.tick(server)
  })
  server.now = until
}

export const TIME_COMMANDS: readonly Command[] = [
  {
    name: 'timeout',
    usage: 'timeout A',
    run(stage, [id, ...rest]) {
      noMore(rest)
      fire(stage, id, false)
    },
  },
  {
    name: 'heartbeat',
    usage: 'heartbeat A',
    run(stage, [id, ...rest]) {
      noMore(rest)
      fire(stage, id, true)
    },
  },
  {
    name: 'advance',
    usage: 'advance A 150',
    run(stage, [id, ms, ...rest]) {
      noMore(rest)
      for (const server of serversOf(stage, [id ?? ''])) advance(stage, server, numberOf(ms, 'milliseconds'))
    },
  },
]
