// A node's events on its own terminal or in its log.
import { resolve } from 'node:path'
import { hostOf, isLoopback } from '../addresses.js'
import { type DemoEvent, epochMs } from '../control/events.js'
import { SECRET_VARIABLE } from '../parsers.js'
import { describe } from '../ui/describe.js'
import type { Screen } from '../ui/screen.js'
import type { DemoNodeOptions } from './options.js'

/** A PeerId is told by its end; whoever was given a name keeps it. */
export const shortName = (peer: string): string => (peer.length > 20 ? `…${peer.slice(-6)}` : peer)

export function tellEvent(event: DemoEvent, options: DemoNodeOptions, screen: Screen): void {
  screen.line(epochMs(), undefined, describe(event, shortName))
  if (event.type === 'listening' && event.role === 'creator') invite(event.addresses, options, screen)
  if (event.type === 'hello-refused' && event.refusal === 'incarnation-changed' && event.by === event.peer) {
    screen.say(
      'This node has been a member before and has lost its memory. A node that has forgotten its votes must not vote ' +
        'again, so it cannot come back as the same member.',
    )
  }
  if (event.type === 'leaderless' && event.why.some((text) => text.includes('refused by'))) {
    screen.say(
      'If the others have a leader, this node may have been removed while it was away. Then it joins as a new one, in ' +
        'another directory.',
    )
  }
}

/** What other machines have to start. */
export function invite(addresses: readonly string[], options: DemoNodeOptions, screen: Screen): void {
  const { cluster, place, secret } = options
  if (secret === undefined) return screen.say('This node knows no secret, and lets nobody in.')
  const { transport } = place
  screen.say(
    `Others join with the secret in ${secret.file === undefined ? SECRET_VARIABLE : resolve(secret.file)}: take it there by a way you trust. Each starts, in a directory of its own:`,
  )
  for (const address of addresses) {
    const isLocal = isLoopback(hostOf(address))
    const words = [`riverraft-demo node --cluster ${cluster}`]
    if (transport !== 'libp2p')
      words.push(`--transport ${transport} --id <name> --listen ${listenOf(transport)}`)
    words.push(`--join ${address}`)
    if (secret.file !== undefined) words.push('--secret-file <file>')
    if (transport === 'libp2p' && !isLocal) words.push('--listen /ip4/0.0.0.0/tcp/0')
    screen.text(`  ${words.join(' ')}`)
    if (isLocal) screen.say('Only this machine can reach it there; for others, listen at 0.0.0.0.')
  }
}

const listenOf = (transport: 'tcp' | 'websocket') =>
  transport === 'tcp' ? '<host:port>' : 'ws://<host:port>/'
