// The contract of the Transport port, over libp2p on this machine.
import { type TransportPlace, testTransport } from '@riverraft/conformance/transport'
import { test } from 'vitest'
import { Peer } from './peer.js'

testTransport(test, async (use) => {
  const peers = new Map<string, Peer>()
  const place: TransportPlace = {
    // Its id is the PeerId.
    host: async (_, { clusterId, as } = {}) => {
      const [listen] = as?.address.split('/p2p/') ?? []
      const peer = await Peer.start({ clusterId, listen, privateKey: as && peers.get(as.id)!.privateKey })
      peers.set(peer.id, peer)
      return peer
    },
    stop: (host) => peers.get(host.id)!.stop(),
  }
  try {
    await use(place)
  } finally {
    await Promise.all([...peers.values()].map((peer) => peer.stop()))
  }
})
