// From the command line and what the node's directory holds to what the node does.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RaftError } from '@riverraft/core'
import { DEFAULT_CLUSTER, SECRET_VARIABLE, UsageError } from '../parsers.js'
import type { StorageChoice } from './choices.js'
import type { NodeFlags } from './flags.js'
import { NodeHome, type NodeSettings } from './home.js'
import type { DemoNodeOptions } from './options.js'
import { resolvePlace } from './resolve-place.js'
import { findSecret } from './secret.js'

export interface ResolvedNode {
  readonly options: DemoNodeOptions
  /** Removes what nobody asked to keep. */
  dispose(): Promise<void>
}

/** @throws UsageError; RaftError when the directory does not fit what was said */
export async function resolveNode(flags: NodeFlags): Promise<ResolvedNode> {
  checkFlags(flags)
  const { cluster, transport, storage, id } = flags
  const temporary =
    flags.data === undefined && (storage ?? 'file') === 'file'
      ? await mkdtemp(join(tmpdir(), 'riverraft-demo-'))
      : undefined
  const dispose = async () => {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true })
  }
  try {
    const directory = flags.data ?? temporary
    const said = { cluster, transport, storage, id } as Partial<NodeSettings>
    const home = directory === undefined ? undefined : await NodeHome.open(directory, said)
    return { options: await optionsOf(flags, home), dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function optionsOf(flags: NodeFlags, home: NodeHome | undefined): Promise<DemoNodeOptions> {
  const kept = home?.settings
  if (kept?.standing === 'removed') {
    throw new RaftError(
      'ERR_REMOVED',
      `the node of ${home!.directory} was removed from its cluster; in another directory it can join as a new one`,
    )
  }
  const place = resolvePlace(flags, home)
  const said = [...(flags.join ?? []), ...(flags.bootstrap ?? [])]
  const entry = entryOf(flags, kept)
  const via = entry === 'join' && said.length > 0 ? said : (kept?.via ?? said)
  if (entry === 'join' && via.length === 0 && !flags.mdns) {
    throw new UsageError(
      'say how to find the cluster (--join <address>, or --mdns over libp2p), or --create it',
    )
  }
  const secret = await findSecret({
    file: flags.secretFile,
    variable: process.env[SECRET_VARIABLE],
    directory: flags.data,
    create: entry === 'create',
  })
  if (entry !== 'create' && secret === undefined) {
    throw new UsageError(
      `a node proves that it knows the cluster's secret: --secret-file <file>, or ${SECRET_VARIABLE} in the environment`,
    )
  }
  const cluster = kept?.cluster ?? flags.cluster ?? DEFAULT_CLUSTER
  const storage = storageOf(flags, home)
  return { cluster, place, storage, home, entry, via, secret, timeoutMs: flags.timeout * 1000 }
}

function entryOf({ create }: NodeFlags, kept: NodeSettings | undefined): DemoNodeOptions['entry'] {
  if (kept?.standing === 'member') return 'return'
  return (create ?? kept?.creates) ? 'create' : 'join'
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

function checkFlags({ data, storage, create, join, bootstrap, mdns, transport = 'libp2p' }: NodeFlags): void {
  if (data !== undefined && storage === 'memory') {
    throw new UsageError('--data keeps what --storage memory forgets: choose one')
  }
  if (create && (join !== undefined || bootstrap !== undefined)) {
    throw new UsageError('--create begins a new cluster; with --join a node asks into one. Choose one.')
  }
  if (transport !== 'libp2p' && (bootstrap !== undefined || mdns)) {
    throw new UsageError(`--bootstrap and --mdns find libp2p nodes; over ${transport} say --join <address>`)
  }
}
