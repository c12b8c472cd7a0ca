// The lines of `help`.
import { ABSENT } from './parse.js'

type Row = readonly [usage: string, meaning: string]

const DATA: readonly Row[] = [
  ['put <key> <value>', 'write; answered when a majority holds it'],
  ['get <key>', 'read; sees every write acknowledged before'],
  ['del <key>', 'delete'],
  [
    'cas <key> <expected> <value>',
    `write only if the key holds <expected> now; ${ABSENT}: only if it is absent`,
  ],
  ['watch [prefix]', 'show changes as they are applied; "watch off" ends it'],
  ['list [prefix]', 'the keys, those written last first'],
  ['status', 'who leads, and how far each log has come'],
]

const MEMBERS: readonly Row[] = [
  ['promote <who>', 'a learner becomes a voter, once it has caught up'],
  ['demote <who>', 'a voter becomes a learner'],
  ['remove <who>', 'it leaves the cluster, and its process ends; the leader too'],
  ['transfer [who]', 'hand leadership over; without a name, to who has most of the log'],
]

const IN_SCOPE: Readonly<Record<'node' | 'up', { add: readonly Row[]; processes: readonly Row[] }>> = {
  node: {
    add: [
      ['add', 'how another machine joins'],
      ['add <id> <address>', 'add a node by hand, or give a member its new address'],
    ],
    processes: [],
  },
  up: {
    add: [['add [n4]', 'start one more process, which becomes a member']],
    processes: [
      ['kill [n1 | leader]', 'SIGKILL a process; without a name, the leader'],
      ['start [n1]', 'start a killed process again, with its key and its data; also restart'],
    ],
  },
}

export function helpLines(scope: 'node' | 'up'): readonly string[] {
  const { add, processes } = IN_SCOPE[scope]
  const rows: readonly Row[] = [
    ...DATA,
    ['members', 'who they are, who leads, and how far each log has come'],
    ...add,
    ...MEMBERS,
    ...processes,
    ['quit', 'stop and leave'],
    ['help', 'this list'],
  ]
  const lines = rows.map(([usage, meaning]) => `  ${usage.padEnd(30)}${meaning}`)
  return scope === 'up' ? [...lines, '  A trailing @n2 sends a command through that node.'] : lines
}
