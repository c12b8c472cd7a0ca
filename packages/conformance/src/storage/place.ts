// What a storage's author brings: where storages stand, and what they claim of themselves.
import type { Storage } from '@riverraft/core'

/** Where one replica's storage stands: empty at first, and one test's own. */
export interface StoragePlace {
  /** A new instance over what the place holds, not yet opened: as the next process would make it. */
  storage(): Storage
}

/** A place whose content can rot. */
export interface DamagePlace extends StoragePlace {
  /** Changes a byte of the newest snapshot's content, which has at least 5,000, where it is kept, while nobody has it open. */
  damageSnapshot(): Promise<void>
}

/** A place whose power can fail. */
export interface PowerPlace extends StoragePlace {
  /**
   * The power is lost and comes back. Instances from before are dead: what they were asked is never answered, and what they
   * had not made durable may be gone, in any part and order; the cruellest loss finds the most. Resolves when the next
   * process may come.
   */
  losePower(): Promise<void>
}

/** A place that can refuse what is written to it: a full disk, one that fails. */
export interface FailingPlace extends StoragePlace {
  /** From now on what is written, or made durable, fails; what is read does not. */
  failWrites(): Promise<void>
  /** Ends that. */
  mend(): Promise<void>
}

/** What a storage declares; the cases that do not apply are not declared as tests. */
export interface StorageCapabilities {
  /** Content outlives `close`. Equal to the storage's own `durable`. */
  readonly durable: boolean
  /** It keeps snapshots and compacts its log. Default true; false while that is not written yet. */
  readonly snapshots?: boolean
}

/** The part that is drawn at random. */
export interface RandomOptions {
  /** 32 bits. The same seed gives the same histories. Default: another one each time; the test's name tells it. */
  readonly seed?: number
  /** How many histories are drawn. Default 20. */
  readonly histories?: number
  /** Steps of each. Default 30. */
  readonly steps?: number
}
