// Which transport and which storage a demo node uses: the one place to change when there is more to choose from.
import type { Libp2p } from '@libp2p/interface'
import type { Storage, Transport } from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { libp2pTransport } from '@riverraft/transport-libp2p'

export function chooseTransport(libp2p: Libp2p): Transport {
  return libp2pTransport({ libp2p })
}

/** Volatile: a killed node cannot come back as the same member, and the others say so (ERR_INCARNATION_CHANGED). */
export function chooseStorage(): Storage {
  return memoryStorage()
}
