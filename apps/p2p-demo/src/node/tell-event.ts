// A node's events on its own terminal or in its log.
import { type DemoEvent, epochMs } from '../control/events.js'
import { isLoopback } from '../form/addresses.js'
import { describe } from '../ui/describe.js'
import type { Screen } from '../ui/screen.js'
import type { DemoNodeOptions } from './options.js'

/** A PeerId is told by its end; whoever was given a name keeps it. */
export const shortName = (peer: string): string => (peer.length > 20 ? `…${peer.slice(-6)}` : peer)

export function tellEvent(event: DemoEvent, options: DemoNodeOptions, screen: Screen): void {
  screen.line(epochMs(), undefined, describe(event, shortName))
  if (event.type === 'listening' && event.role === 'creator') invite(event.addresses, options, screen)
  if (event.type === 'hello-refused' && event.refusal === 'incarnation-changed') {
    const who = event.by === event.peer ? 'This node' : `A node with the key of ${shortName(event.peer)}`
    screen.say(
      `${who} has been a member before and has lost its memory: without --data, what it stores ends with its process. A ` +
        'node that has forgotten its votes must not vote again, so it cannot come back as the same member.',
    )
  }
}

/** What another machine has to start, and what then is typed here. */
export function tellHowToJoin(options: DemoNodeOptions, screen: Screen): void {
  if (options.transport === 'libp2p') {
    screen.say('Over libp2p nobody joins a cluster that has formed.')
    return
  }
  const { cluster, transport, formed } = options
  const list = formed.members.map(({ id, address }) => `${id}=${address}`).join(',')
  const where = `--transport ${transport} --id <id> --listen <address>`
  screen.say('The other machine starts a node, and then the leader is told of it by "add <id> <address>":')
  screen.text(`  riverraft-demo node --cluster ${cluster} ${where} --members ${list}`)
}

function invite(addresses: readonly string[], options: DemoNodeOptions, screen: Screen): void {
  if (options.transport !== 'libp2p' || options.create === undefined || options.create.size === 1) return
  screen.say(`Waiting for ${options.create.size - 1} more. Each of them starts, in a directory of its own:`)
  for (const address of addresses) {
    const listen = isLoopback(address) ? '' : ' --listen /ip4/0.0.0.0/tcp/0'
    screen.text(`  riverraft-demo node --cluster ${options.cluster} --bootstrap ${address}${listen}`)
  }
}
