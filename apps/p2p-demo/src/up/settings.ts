// What a cluster of `up` is, and the directory that remembers it.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Member } from '@riverraft/core'
import { checkAgainst, keepFile, readKept } from '../kept-file.js'
import type { StorageName, TransportName } from '../node/choices.js'
import { DEFAULT_CLUSTER, DEFAULT_SIZE, UsageError } from '../parsers.js'
import { freePorts } from './free-ports.js'

/** As given; what is undefined was not said. */
export interface UpFlags {
  readonly cluster?: string
  readonly size?: number
  readonly transport?: TransportName
  readonly storage?: StorageName
  readonly data?: string
  readonly mdns?: true
}

export interface UpSettings {
  readonly cluster: string
  readonly size: number
  readonly transport: TransportName
  readonly storage: StorageName
  /** Over tcp and websocket: what every node is told. */
  readonly members?: readonly Member[]
  /** With redis: one server for each node. */
  readonly redisPorts?: readonly number[]
}

/** A directory with one for each node in it. */
export interface UpHome {
  readonly directory: string
  readonly settings: UpSettings
  /** True: the members were agreed in an earlier run. */
  readonly continues: boolean
  /** Removes what nobody asked to keep. */
  dispose(): void
}

export const nodeNames = (size: number): readonly string[] =>
  Array.from({ length: size }, (_, at) => `n${at + 1}`)

const SETTINGS = 'cluster.json'

/** @throws UsageError; RaftError ERR_STORAGE_IDENTITY when the directory is of another cluster */
export async function openUpHome(flags: UpFlags): Promise<UpHome> {
  const { data, mdns, ...said } = flags
  if (data !== undefined && said.storage === 'memory') {
    throw new UsageError('--data keeps what --storage memory forgets: choose one')
  }
  if (mdns && said.transport !== undefined && said.transport !== 'libp2p') {
    throw new UsageError('--mdns finds libp2p nodes: leave it out, or --transport')
  }
  if (data === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'riverraft-demo-'))
    const dispose = () => rmSync(directory, { recursive: true, force: true })
    return { directory, settings: await newSettings(said), continues: false, dispose }
  }
  mkdirSync(data, { recursive: true })
  const path = join(data, SETTINGS)
  const kept = await readKept<UpSettings>(path, isSettings)
  if (kept !== undefined) checkAgainst(data, kept, said)
  const settings = kept ?? (await newSettings(said))
  if (kept === undefined) await keepFile(path, settings)
  // The first node is the first to know the members: without it, whatever has begun begins again.
  const continues = existsSync(join(data, nodeNames(1)[0]!, 'roster.json'))
  return { directory: data, settings, continues, dispose: () => {} }
}

async function newSettings(said: Partial<UpSettings>): Promise<UpSettings> {
  const { cluster = DEFAULT_CLUSTER, size = DEFAULT_SIZE, transport = 'libp2p', storage = 'file' } = said
  const settings = { cluster, size, transport, storage }
  const names = nodeNames(size)
  const ports = await freePorts(2 * size)
  const address = (port: number) =>
    transport === 'websocket' ? `ws://127.0.0.1:${port}/` : `127.0.0.1:${port}`
  const members = names.map((id, at) => ({ id, address: address(ports[at]!), role: 'voter' as const }))
  return {
    ...settings,
    ...(transport === 'libp2p' ? {} : { members }),
    ...(storage === 'redis' ? { redisPorts: ports.slice(size) } : {}),
  }
}

const isSettings = ({ cluster, size, transport, storage }: Partial<UpSettings>): boolean =>
  typeof cluster === 'string' &&
  Number.isInteger(size) &&
  typeof transport === 'string' &&
  typeof storage === 'string'
