// The transports under measurement. Each is loaded only where it is used: nobody pays for another's code.
import type { Member, NodeId, Transport } from '@riverraft/core'
import type { ClusterPlan, ReplicaPlan } from '../control/commands.js'
import { keyFile } from '../names.js'

/** Makes the transports of one process: in-process networks are shared by its replicas. */
export type MakeTransport = (replica: ReplicaPlan) => Promise<Transport>

export async function transportsFor({ transport, members }: ClusterPlan): Promise<MakeTransport> {
  switch (transport) {
    case 'memory': {
      const { memoryNetwork } = await import('@riverraft/transport-memory')
      const network = memoryNetwork()
      return async () => network.transport()
    }
    case 'tcp': {
      const { tcp } = await import('@riverraft/transport-tcp')
      return async ({ id }) => tcp({ listen: addressOf(id, members) })
    }
    case 'websocket': {
      const { websocket } = await import('@riverraft/transport-websocket')
      return async ({ id }) => websocket({ listen: addressOf(id, members) })
    }
    case 'libp2p': {
      const { createRaftLibp2p, libp2pTransport, loadOrCreateKey } = await import(
        '@riverraft/transport-libp2p'
      )
      return async ({ id, directory }) => {
        const privateKey = await loadOrCreateKey(keyFile(directory))
        const libp2p = await createRaftLibp2p({ privateKey, listen: addressOf(id, members) })
        return libp2pTransport({ libp2p })
      }
    }
    default:
      return transport satisfies never
  }
}

function addressOf(id: NodeId, members: readonly Member[]): string {
  const member = members.find((other) => other.id === id)
  if (member === undefined) throw new Error(`${id} is no member`)
  return member.address
}
