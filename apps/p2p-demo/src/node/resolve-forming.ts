// Options of a node that finds the others, or has found them before.
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { RaftError } from '@riverraft/core'
import { DEFAULT_KEY, DEFAULT_LISTEN, parseMultiaddr, UsageError } from '../parsers.js'
import { common, type NodeFlags } from './flags.js'
import type { NodeHome } from './home.js'
import type { FormingOptions } from './options.js'

/** @throws UsageError; RaftError ERR_STORAGE_IDENTITY */
export function forming(flags: NodeFlags, home: NodeHome | undefined): FormingOptions {
  const { create, bootstrap = [], size, key, timeout } = flags
  const mdns = flags.mdns === true
  if (flags.members !== undefined || flags.id !== undefined) {
    throw new UsageError(
      '--id and --members are for --transport tcp and websocket: over libp2p a node is its key',
    )
  }
  const address = keptListen(home, flags.listen)
  if (home?.formed === undefined && create === undefined && bootstrap.length === 0 && !mdns) {
    throw new UsageError('say how to find the cluster (--bootstrap <multiaddr> or --mdns), or --create it')
  }
  const kept = home?.settings
  return {
    transport: 'libp2p',
    ...common(flags, home),
    listen: address,
    fixedPort: kept !== undefined,
    keyFile: key ?? (flags.data === undefined ? DEFAULT_KEY : home!.keyFile),
    create: create ? { size } : undefined,
    bootstrap,
    mdns,
    timeoutMs: timeout * 1000,
  }
}

/** The same command may be given again: port 0 then means the port it got. */
function keptListen(home: NodeHome | undefined, said: string | undefined): Multiaddr {
  const kept = home?.settings?.listen
  if (kept === undefined) return checkedListen(said ?? DEFAULT_LISTEN)
  const anyPort = (address: string) => address.replace(/\/tcp\/\d+/, '/tcp/0')
  if (said !== undefined && said !== kept && said !== anyPort(kept)) {
    throw new RaftError(
      'ERR_STORAGE_IDENTITY',
      `${home!.directory} belongs to a node that listens at ${kept}, where the others expect it, not at ${said}: leave --listen out`,
    )
  }
  return multiaddr(kept)
}

function checkedListen(text: string): Multiaddr {
  try {
    return parseMultiaddr(text)
  } catch (error) {
    throw new UsageError(
      `option '--listen <address>' argument '${text}' is invalid. ${(error as Error).message}`,
    )
  }
}
