// A node's directory: what it needs to come back as the same member. Beside this file lie its key, its log and the secret.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkAgainst, keepFile, readKept } from '../kept-file.js'
import { STORAGES, type StorageName, TRANSPORTS, type TransportName } from './choices.js'

export interface NodeSettings {
  readonly cluster: string
  readonly transport: TransportName
  readonly storage: StorageName
  /** With its port: under this one the others have entered it, or are about to. */
  readonly listen: string
  /** Unless it is its key that says who it is. */
  readonly id?: string
  /** True: it created the cluster, or began to. */
  readonly creates: boolean
  /** 'member': it must not create or join anything anew, whatever has become of its log. */
  readonly standing: 'new' | 'member' | 'removed'
  /** Where other members listen, as it knew them last; before it was one: whom it was told to ask. */
  readonly via: readonly string[]
}

const SETTINGS = 'node.json'

export class NodeHome {
  readonly directory: string
  readonly keyFile: string
  #settings: NodeSettings | undefined
  #kept: Promise<void> = Promise.resolve()

  private constructor(directory: string, settings: NodeSettings | undefined) {
    this.directory = directory
    this.keyFile = join(directory, 'key')
    this.#settings = settings
  }

  /**
   * Creates the directory when it is missing. `said` is what the command line says, and must not contradict what is kept.
   * @throws RaftError ERR_STORAGE_IDENTITY, ERR_STORAGE_CORRUPT
   */
  static async open(directory: string, said: Partial<NodeSettings>): Promise<NodeHome> {
    await mkdir(directory, { recursive: true })
    const settings = await readKept<NodeSettings>(join(directory, SETTINGS), isSettings)
    if (settings !== undefined) checkAgainst(directory, settings, said)
    return new NodeHome(directory, settings)
  }

  /** Undefined until the node has listened once. */
  get settings(): NodeSettings | undefined {
    return this.#settings
  }

  /** Durable when it resolves; one after the other. */
  keep(settings: NodeSettings): Promise<void> {
    this.#settings = settings
    this.#kept = this.#kept.then(() => keepFile(join(this.directory, SETTINGS), settings))
    return this.#kept
  }

  /** @throws Error before the node has listened once */
  change(changed: Partial<Pick<NodeSettings, 'standing' | 'via'>>): Promise<void> {
    if (this.#settings === undefined) throw new Error(`${this.directory} holds no settings yet`)
    return this.keep({ ...this.#settings, ...changed })
  }
}

const isSettings = (settings: Partial<NodeSettings>): boolean => {
  const { cluster, transport, storage, listen, standing, via } = settings
  return (
    typeof cluster === 'string' &&
    typeof listen === 'string' &&
    TRANSPORTS.some((name) => name === transport) &&
    STORAGES.some((name) => name === storage) &&
    ['new', 'member', 'removed'].includes(standing ?? '') &&
    Array.isArray(via) &&
    via.every((address) => typeof address === 'string')
  )
}
