// Where a case of the suite works: one place, the storage that is open on it, and what every write came to.
import type { Storage, StorageIdentity, StoredState, WriteBatch } from '@riverraft/core'
import { ContractError, check } from '../assert.js'
import type { StorageCapabilities, StoragePlace } from './place.js'

export const IDENTITY: StorageIdentity = {
  clusterId: 'orders',
  nodeId: 'a',
  members: [
    { id: 'a', address: '10.0.0.1:7001', role: 'voter' },
    { id: 'b', address: '10.0.0.2:7001', role: 'voter' },
  ],
  incarnation: '00112233445566ff',
}

/** What a later opening says: a storage that has content keeps its own. */
const LATER: StorageIdentity = { ...IDENTITY, members: [], incarnation: 'ffffffffffffffff' }

/** One sentence of the contract, by the name that says it. */
export type Contract<Place extends StoragePlace = StoragePlace> = Record<
  string,
  (bench: Bench<Place>) => Promise<void>
>

interface Written {
  readonly batch: WriteBatch
  calls: number
}

export class Bench<Place extends StoragePlace = StoragePlace> {
  readonly place: Place
  /** As the storage was declared. */
  readonly durable: boolean
  readonly keepsSnapshots: boolean
  /** The one that is open, or was last. */
  storage: Storage
  readonly #made: Storage[] = []
  #writes: Written[] = []

  constructor(place: Place, { durable, snapshots = true }: StorageCapabilities) {
    this.place = place
    this.durable = durable
    this.keepsSnapshots = snapshots
    this.storage = this.another()
  }

  /** Another instance on the same place; it is closed in the end. */
  another(): Storage {
    const storage = this.place.storage()
    this.#made.push(storage)
    return storage
  }

  open(identity: StorageIdentity = IDENTITY): Promise<StoredState> {
    return this.storage.open(identity)
  }

  /** Closes, and opens what the place holds in another instance, which is told other members and incarnation. */
  async reopen(): Promise<StoredState> {
    await this.storage.close()
    this.storage = this.another()
    return this.storage.open(LATER)
  }

  /** After a loss of power: what was made before it is dead, and cannot even be closed. */
  async bootAgain(): Promise<StoredState> {
    this.#made.length = 0
    this.#writes = []
    this.storage = this.another()
    return this.storage.open(LATER)
  }

  /** Looks now and, where content outlives it, once more after reopening. */
  async always(look: (storage: Storage) => Promise<void>): Promise<void> {
    await look(this.storage)
    if (!this.durable) return
    await this.reopen()
    await look(this.storage)
  }

  /** What `completed` was told first; the calls are counted, also those that come later. */
  write(batch: WriteBatch, storage: Storage = this.storage): Promise<Error | undefined> {
    const written: Written = { batch, calls: 0 }
    this.#writes.push(written)
    return new Promise((resolve, reject) => {
      try {
        storage.write(batch, (error) => {
          written.calls++
          resolve(error ?? undefined)
        })
      } catch (error) {
        reject(new ContractError(`write threw (${String(error)}): it tells failures to completed`))
      }
    })
  }

  /** Writes one batch after another, each completed before the next. */
  async written(...batches: readonly WriteBatch[]): Promise<void> {
    for (const one of batches) {
      const error = await this.write(one)
      check(error === undefined, `write: it failed with ${error?.message}`)
    }
  }

  /** Closes everything. By then every write has completed once. */
  async end(): Promise<void> {
    for (const storage of this.#made) await storage.close()
    for (const { batch, calls } of this.#writes) {
      const what = batch.blocks[0] === undefined ? 'a batch' : `a batch from ${batch.blocks[0].firstIndex} on`
      check(calls === 1, `completed was called ${calls} times for ${what}`)
    }
  }
}
