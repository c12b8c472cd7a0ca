// A node's directory: what it needs to come back as the same member. Beside these files lie its key and its log.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Formed } from '../form/protocol.js'
import { checkAgainst, keepFile, readKept } from '../kept-file.js'
import { STORAGES, type StorageName, TRANSPORTS, type TransportName } from './choices.js'

/** What cannot change any more, from the first start on. */
export interface NodeSettings {
  readonly cluster: string
  readonly transport: TransportName
  readonly storage: StorageName
  /** With its port: under this one the others have entered it, or are about to. */
  readonly listen: string
  /** Unless it is its key that says who it is. */
  readonly id?: string
}

const SETTINGS = 'node.json'
const ROSTER = 'roster.json'

export class NodeHome {
  readonly directory: string
  readonly keyFile: string
  #settings: NodeSettings | undefined
  #formed: Formed | undefined

  private constructor(directory: string, settings: NodeSettings | undefined, formed: Formed | undefined) {
    this.directory = directory
    this.keyFile = join(directory, 'key')
    this.#settings = settings
    this.#formed = formed
  }

  /**
   * Creates the directory when it is missing. `said` is what the command line says, and must not contradict what is kept.
   * @throws RaftError ERR_STORAGE_IDENTITY, ERR_STORAGE_CORRUPT
   */
  static async open(directory: string, said: Partial<NodeSettings>): Promise<NodeHome> {
    await mkdir(directory, { recursive: true })
    const settings = await readKept<NodeSettings>(join(directory, SETTINGS), isSettings)
    const formed = await readKept<Formed>(join(directory, ROSTER), isFormed)
    if (settings !== undefined) checkAgainst(directory, settings, said)
    return new NodeHome(directory, settings, formed)
  }

  /** Undefined until the node has listened once. */
  get settings(): NodeSettings | undefined {
    return this.#settings
  }

  /** The members; undefined until they are agreed. Whoever has them does not form a cluster again. */
  get formed(): Formed | undefined {
    return this.#formed
  }

  async keepSettings(settings: NodeSettings): Promise<void> {
    await keepFile(join(this.directory, SETTINGS), settings)
    this.#settings = settings
  }

  async keepFormed(formed: Formed): Promise<void> {
    await keepFile(join(this.directory, ROSTER), formed)
    this.#formed = formed
  }
}

const isSettings = ({ cluster, transport, storage, listen }: Partial<NodeSettings>): boolean =>
  typeof cluster === 'string' &&
  typeof listen === 'string' &&
  TRANSPORTS.some((name) => name === transport) &&
  STORAGES.some((name) => name === storage)

const isFormed = ({ type, cluster, clusterId, members }: Partial<Formed>): boolean =>
  type === 'formed' &&
  typeof cluster === 'string' &&
  typeof clusterId === 'string' &&
  Array.isArray(members) &&
  members.every(({ id, address }) => typeof id === 'string' && typeof address === 'string')
