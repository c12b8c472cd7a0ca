// What clients ask of the store. The command is the only thing that is replicated.
import type { LogIndex } from '@riverraft/core'

/** UTF-8 bytes of a key; at least one. Values are bounded by what the node accepts as one command. */
export const KEY_BYTES_MAX: number = 4_096

/** A string (well-formed Unicode) or bytes. A string never equals bytes. */
export type KvValue = string | Uint8Array

/** What a compare-and-set expects: this value, no key at all (`null`), or the key unchanged since this index. */
export type KvExpected = KvValue | null | { readonly modifiedIndex: LogIndex }

export interface Put {
  readonly type: 'put'
  readonly key: string
  readonly value: KvValue
}

export interface Delete {
  readonly type: 'delete'
  readonly key: string
}

/** Sets the key, or deletes it (`value: null`), if it is as expected. */
export interface CompareAndSet {
  readonly type: 'cas'
  readonly key: string
  readonly expected: KvExpected
  readonly value: KvValue | null
}

export type KvCommand = Put | Delete | CompareAndSet
