// The table of commands. A new group (membership) is one file and one row here.
import { Mistake } from '../mistake.js'
import type { Stage } from '../stage.js'
import { CLIENT_COMMANDS } from './clients.js'
import type { Command } from './command.js'
import { DISK_COMMANDS } from './disk.js'
import { MEMBERSHIP_COMMANDS } from './membership.js'
import { NETWORK_COMMANDS } from './network.js'
import { PACE_COMMANDS } from './pace.js'
import { SERVER_COMMANDS } from './servers.js'
import { SNAPSHOT_COMMANDS } from './snapshots.js'
import { TIME_COMMANDS } from './time.js'

export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [
    ...SERVER_COMMANDS,
    ...TIME_COMMANDS,
    ...NETWORK_COMMANDS,
    ...DISK_COMMANDS,
    ...CLIENT_COMMANDS,
    ...MEMBERSHIP_COMMANDS,
    ...SNAPSHOT_COMMANDS,
    ...PACE_COMMANDS,
  ].map((command) => [command.name, command]),
)

const NEED_NO_SERVERS = new Set(['servers', 'quietly'])
const TELL_BY_THEMSELVES = new Set(['quietly', 'status'])

export function perform(stage: Stage, [name, ...words]: readonly string[]): void {
  const command = COMMANDS.get(name ?? '')
  if (command === undefined) {
    throw new Mistake(`unknown command "${name ?? ''}"; there are ${[...COMMANDS.keys()].join(', ')}`)
  }
  if (stage.servers.size === 0 && !NEED_NO_SERVERS.has(command.name))
    throw new Mistake('the first command is `servers`')
  // What happened quietly is told before anything else is.
  if (!TELL_BY_THEMSELVES.has(command.name)) stage.narrator.changes(stage.servers.values())
  command.run(stage, words, (inner) => perform(stage, inner))
}
