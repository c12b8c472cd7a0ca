// What a cluster of `up` is, and the directory that remembers it.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { checkAgainst, keepFile, readKept } from '../kept-file.js'
import type { StorageName, TransportName } from '../node/choices.js'
import { NodeHome } from '../node/home.js'
import { makeSecret } from '../node/secret.js'
import { DEFAULT_CLUSTER, DEFAULT_SIZE, UsageError } from '../parsers.js'
import { newSeats, type Seat } from './seats.js'

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
  /** How many it began with. */
  readonly size: number
  readonly transport: TransportName
  readonly storage: StorageName
  /** One for each process, in the order in which they began; who was removed is not among them. */
  readonly seats: readonly Seat[]
  /** The number of the next one: no name is used twice. */
  readonly nextNumber: number
}

const SETTINGS = 'cluster.json'
/** Random, and told to the nodes by the name of this file. */
const SECRET = 'secret'

/** A directory with one for each node in it. */
export class UpHome {
  readonly directory: string
  /** True: the cluster was created in an earlier run. */
  readonly continues: boolean
  readonly #isTemporary: boolean
  #settings: UpSettings

  private constructor(directory: string, settings: UpSettings, continues: boolean, isTemporary: boolean) {
    this.directory = directory
    this.continues = continues
    this.#settings = settings
    this.#isTemporary = isTemporary
  }

  /** @throws UsageError; RaftError ERR_STORAGE_IDENTITY when the directory is of another cluster */
  static async open(flags: UpFlags): Promise<UpHome> {
    const { data, mdns, ...said } = flags
    if (data !== undefined && said.storage === 'memory') {
      throw new UsageError('--data keeps what --storage memory forgets: choose one')
    }
    if (mdns && said.transport !== undefined && said.transport !== 'libp2p') {
      throw new UsageError('--mdns finds libp2p nodes: leave it out, or --transport')
    }
    if (data === undefined) {
      const directory = mkdtempSync(join(tmpdir(), 'riverraft-demo-'))
      await makeSecret(join(directory, SECRET))
      return new UpHome(directory, await newSettings(said), false, true)
    }
    mkdirSync(data, { recursive: true })
    const path = join(data, SETTINGS)
    const kept = await readKept<UpSettings>(path, isSettings)
    if (kept !== undefined) checkAgainst(data, kept, said)
    const settings = kept ?? (await newSettings(said))
    if (kept === undefined) await keepFile(path, settings)
    if (!existsSync(join(data, SECRET))) await makeSecret(join(data, SECRET))
    // The first node creates the cluster: before it has, whatever has begun begins again.
    const { settings: first } = await NodeHome.open(join(data, settings.seats[0]!.name), {})
    const continues = first?.standing === 'member'
    return new UpHome(data, settings, continues, false)
  }

  get settings(): UpSettings {
    return this.#settings
  }

  get secretFile(): string {
    return resolve(this.directory, SECRET)
  }

  directoryOf(name: string): string {
    return resolve(this.directory, name)
  }

  /** A seat for one more node, under the next name. Kept before anybody sits there. */
  async addSeat(): Promise<Seat> {
    const { seats, nextNumber, transport, storage } = this.#settings
    const [seat] = await newSeats(nextNumber, 1, { transport, storage })
    await this.#keep({ ...this.#settings, seats: [...seats, seat!], nextNumber: nextNumber + 1 })
    return seat!
  }

  /** Its node was removed from the cluster. What it has stored stays. */
  async removeSeat(name: string): Promise<void> {
    const seats = this.#settings.seats.filter((seat) => seat.name !== name)
    await this.#keep({ ...this.#settings, seats })
  }

  /** Removes what nobody asked to keep. */
  dispose(): void {
    if (this.#isTemporary) rmSync(this.directory, { recursive: true, force: true })
  }

  async #keep(settings: UpSettings): Promise<void> {
    this.#settings = settings
    if (!this.#isTemporary) await keepFile(join(this.directory, SETTINGS), settings)
  }
}

async function newSettings(said: Partial<UpSettings>): Promise<UpSettings> {
  const { cluster = DEFAULT_CLUSTER, size = DEFAULT_SIZE, transport = 'libp2p', storage = 'file' } = said
  const seats = await newSeats(1, size, { transport, storage })
  return { cluster, size, transport, storage, seats, nextNumber: size + 1 }
}

const isSettings = ({ cluster, size, transport, storage, seats, nextNumber }: Partial<UpSettings>): boolean =>
  typeof cluster === 'string' &&
  Number.isInteger(size) &&
  Number.isInteger(nextNumber) &&
  typeof transport === 'string' &&
  typeof storage === 'string' &&
  Array.isArray(seats) &&
  seats.length > 0 &&
  seats.every((seat: Partial<Seat>) => typeof seat.name === 'string')
