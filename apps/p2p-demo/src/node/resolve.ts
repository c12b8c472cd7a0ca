// From the command line and what the node's directory holds to what the node does.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../parsers.js'
import type { NodeFlags } from './flags.js'
import { NodeHome, type NodeSettings } from './home.js'
import type { DemoNodeOptions } from './options.js'
import { forming } from './resolve-forming.js'
import { listed } from './resolve-listed.js'

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
