// From the command line and what the node's directory holds to what the node does.
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type Member, RaftError } from '@riverraft/core'
import type { Formed } from '../form/protocol.js'
import { DEFAULT_CLUSTER, DEFAULT_KEY, DEFAULT_LISTEN, parseMultiaddr, UsageError } from '../parsers.js'
import type { ListedTransportName, StorageChoice, StorageName, TransportName } from './choices.js'
import { NodeHome, type NodeSettings } from './home.js'
import type { DemoNodeOptions, FormingOptions, ListedOptions } from './options.js'

/** As given; what is undefined was not said. */
export interface NodeFlags {
  readonly cluster?: string
  readonly transport?: TransportName
  readonly storage?: StorageName
  readonly data?: string
  readonly redis?: string
  readonly listen?: string
  readonly create?: true
  readonly size: number
  readonly bootstrap?: readonly Multiaddr[]
  readonly mdns?: true
  readonly key?: string
  readonly timeout: number
  readonly id?: string
  readonly members?: readonly Member[]
}

export interface ResolvedNode {
  readonly options: DemoNodeOptions
  /** Removes what nobody asked to keep. */
  dispose(): Promise<void>
}

/** @throws UsageError; RaftError when the directory does not fit what was said */
export async function resolveNode(flags: NodeFlags): Promise<ResolvedNode> {
  checkFlags(flags)
  const said = {
    cluster: flags.cluster,
    transport: flags.transport,
    storage: flags.storage,
    id: flags.id,
  } as Partial<NodeSettings>
  const temporary =
    flags.data === undefined && (flags.storage ?? 'file') === 'file'
      ? await mkdtemp(join(tmpdir(), 'riverraft-demo-'))
      : undefined
  const dispose = async () => {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true })
  }
  try {
    const directory = flags.data ?? temporary
    const home = directory === undefined ? undefined : await NodeHome.open(directory, said)
    const transport = home?.settings?.transport ?? flags.transport ?? 'libp2p'
    const options = transport === 'libp2p' ? forming(flags, home) : listed(flags, home, transport)
    return { options, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

function checkFlags({ data, storage, create, bootstrap = [], mdns, transport }: NodeFlags): void {
  if (data !== undefined && storage === 'memory') {
    throw new UsageError('--data keeps what --storage memory forgets: choose one')
  }
  if (create && bootstrap.length > 0) {
    throw new UsageError('--create begins a new cluster; with --bootstrap a node asks into one. Choose one.')
  }
  if (transport !== undefined && transport !== 'libp2p' && (create || bootstrap.length > 0 || mdns)) {
    throw new UsageError(
      `over ${transport} nobody is found: give every node the same list, --members a=...,b=...,c=...`,
    )
  }
}

function forming(flags: NodeFlags, home: NodeHome | undefined): FormingOptions {
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

function listed(flags: NodeFlags, home: NodeHome | undefined, transport: ListedTransportName): ListedOptions {
  const id = flags.id ?? home?.settings?.id
  const { cluster, storage } = common(flags, home)
  const said = flags.members === undefined ? undefined : formedOf(cluster, flags.members)
  const formed = home?.formed ?? said
  if (id === undefined || formed === undefined) {
    throw new UsageError(
      `over ${transport} a node is told who it is and who else there is: --id a --members a=...,b=...,c=...`,
    )
  }
  if (said !== undefined && said.clusterId !== formed.clusterId) {
    const list = formed.members.map((member) => `${member.id}=${member.address}`).join(',')
    throw new RaftError(
      'ERR_STORAGE_IDENTITY',
      `${home!.directory} belongs to the cluster of ${list}: the list is fixed`,
    )
  }
  const self = formed.members.find((member) => member.id === id)
  if (self === undefined) throw new UsageError(`--members names no ${id}`)
  return {
    transport,
    cluster,
    storage,
    home,
    id,
    formed,
    listen: flags.listen ?? home?.settings?.listen ?? self.address,
  }
}

function common(
  flags: NodeFlags,
  home: NodeHome | undefined,
): Pick<DemoNodeOptions, 'cluster' | 'storage' | 'home'> {
  const cluster = home?.settings?.cluster ?? flags.cluster ?? DEFAULT_CLUSTER
  return { cluster, storage: storageOf(flags, home), home }
}

function storageOf(flags: NodeFlags, home: NodeHome | undefined): StorageChoice {
  const name = home?.settings?.storage ?? flags.storage ?? 'file'
  if (flags.redis !== undefined && name !== 'redis') throw new UsageError('--redis goes with --storage redis')
  switch (name) {
    case 'file':
      return { name, directory: home!.directory }
    case 'memory':
      return { name }
    case 'redis':
      if (flags.redis === undefined) {
        throw new UsageError(
          '--storage redis needs --redis <url>: a Redis of this node alone, such as redis://127.0.0.1:6379',
        )
      }
      return { name, url: flags.redis }
    default:
      return name satisfies never
  }
}

/** Members that were told the same list, and no others, are of one cluster. */
function formedOf(cluster: string, members: readonly Member[]): Formed {
  const list = members.map(({ id, address }) => `${id}=${address}`).sort()
  const digest = createHash('sha256').update(list.join()).digest('hex').slice(0, 16)
  return { type: 'formed', cluster, clusterId: `${cluster}-${digest}`, members }
}
