// How a node comes to know who it is, who the members are, and by what they reach each other.
import type { DemoEvent } from '../control/events.js'
import type { Formed } from '../form/protocol.js'
import type { TransportChoice } from './choices.js'
import type { DemoNodeOptions, ListedOptions } from './options.js'

export interface Entered {
  readonly id: string
  readonly formed: Formed
  readonly transport: TransportChoice
  /** After Raft has stopped. */
  leave(): Promise<void>
}

export type Report = (event: DemoEvent) => void

/** @throws RaftError ERR_JOIN_REFUSED, ERR_TIMEOUT, ERR_LISTEN, ERR_ABORTED, ERR_INVALID_OPTION */
export async function enter(options: DemoNodeOptions, report: Report, signal: AbortSignal): Promise<Entered> {
  if (options.transport !== 'libp2p') return enterByList(options)
  const { enterByForming } = await import('./enter-by-forming.js')
  return enterByForming(options, report, signal)
}

async function enterByList({
  cluster,
  transport,
  storage,
  home,
  id,
  listen,
  formed,
}: ListedOptions): Promise<Entered> {
  await home?.keepSettings({ cluster, transport, storage: storage.name, listen, id })
  await home?.keepFormed(formed)
  return { id, formed, transport: { name: transport, listen }, leave: async () => {} }
}
