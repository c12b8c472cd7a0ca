// Commands about snapshots (§7). What arrives of one is stored, and the state machine restored, when a command says so.
import { Mistake } from '../mistake.js'
import { type Command, noMore, numberOf } from './command.js'

export const SNAPSHOT_COMMANDS: readonly Command[] = [
  {
    name: 'snapshot',
    usage: 'snapshot A 2',
    run(stage, [id, trailing = '0', ...rest]) {
      noMore(rest)
      const server = stage.running(id)
      const kept = numberOf(trailing, 'how many entries stay behind it')
      stage.act(server, () => {
        server.snapshots.take()
        server.snapshots.save()
        server.snapshots.compact(server.state.snapshot.lastIncludedIndex - kept)
      })
    },
  },
  {
    name: 'store-snapshot',
    usage: 'store-snapshot A',
    run(stage, [id, ...rest]) {
      noMore(rest)
      const server = stage.running(id)
      const before = server.disk.snapshot
      server.snapshots.keep()
      if (server.disk.snapshot === before)
        throw new Mistake(`${id} has received no snapshot, or waits for a write`)
      const { lastIncludedIndex, lastIncludedTerm } = server.disk.snapshot!.point
      stage.narrator.output.line(`${id}'s snapshot up to ${lastIncludedIndex}@${lastIncludedTerm} is durable`)
    },
  },
  {
    name: 'restore-snapshot',
    usage: 'restore-snapshot A',
    run(stage, [id, ...rest]) {
      noMore(rest)
      const server = stage.running(id)
      stage.act(server, () => server.snapshots.restore())
    },
  },
]
