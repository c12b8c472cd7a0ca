// Where a node listens and who it is there: as it was begun, or as the command line says.
import { RaftError } from '@riverraft/core'
import { portOf } from '../addresses.js'
import { DEFAULT_KEY, DEFAULT_LISTEN, parseMultiaddr, UsageError } from '../parsers.js'
import type { ListedTransportName } from './choices.js'
import type { NodeFlags } from './flags.js'
import type { NodeHome } from './home.js'
import type { Place } from './options.js'

/** @throws UsageError; RaftError ERR_STORAGE_IDENTITY */
export function resolvePlace(flags: NodeFlags, home: NodeHome | undefined): Place {
  const kept = home?.settings
  const transport = kept?.transport ?? flags.transport ?? 'libp2p'
  if (transport !== 'libp2p') return named(flags, home, transport)
  if (flags.id !== undefined) {
    throw new UsageError('--id is for --transport tcp and websocket: over libp2p a node is its key')
  }
  const { join, bootstrap, data, key, mdns } = flags
  for (const address of [...(join ?? []), ...(bootstrap ?? [])]) checked('--join', address)
  return {
    transport,
    listen: keptListen(home, flags.listen) ?? checked('--listen', flags.listen ?? DEFAULT_LISTEN),
    fixedPort: kept !== undefined,
    keyFile: key ?? (data === undefined ? DEFAULT_KEY : home!.keyFile),
    mdns: mdns === true,
  }
}

function named(flags: NodeFlags, home: NodeHome | undefined, transport: ListedTransportName): Place {
  const id = flags.id ?? home?.settings?.id
  const listen = keptListen(home, flags.listen) ?? flags.listen
  const example = transport === 'tcp' ? '127.0.0.1:7001' : 'ws://127.0.0.1:7001/'
  if (id === undefined || listen === undefined) {
    throw new UsageError(`over ${transport} a node is told who it is and where: --id a --listen ${example}`)
  }
  for (const address of [listen, ...(flags.join ?? [])]) {
    const isUrl = /^wss?:\/\//.test(address)
    if (portOf(address) === 0 || isUrl !== (transport === 'websocket')) {
      throw new UsageError(`"${address}" is no address for ${transport}. An example: ${example}`)
    }
  }
  return { transport, listen, id }
}

/** The same command may be given again: port 0 then means the port it got. @throws RaftError ERR_STORAGE_IDENTITY */
function keptListen(home: NodeHome | undefined, said: string | undefined): string | undefined {
  const kept = home?.settings?.listen
  if (kept === undefined) return undefined
  const anyPort = (address: string) => address.replace(/\/tcp\/\d+/, '/tcp/0')
  if (said !== undefined && said !== kept && said !== anyPort(kept)) {
    throw new RaftError(
      'ERR_STORAGE_IDENTITY',
      `${home!.directory} belongs to a node that listens at ${kept}, where the others expect it, not at ${said}: leave --listen out`,
    )
  }
  return kept
}

function checked(option: string, text: string): string {
  try {
    return parseMultiaddr(text)
  } catch (error) {
    throw new UsageError(
      `option '${option} <address>' argument '${text}' is invalid. ${(error as Error).message}`,
    )
  }
}
