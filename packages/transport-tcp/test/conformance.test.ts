// The contract of the Transport port, over TCP on this machine.
import { type TransportPlace, testTransport } from '@riverraft/conformance/transport'
import { test } from 'vitest'
import { Peer } from './peer.js'

testTransport(test, async (use) => {
  const peers: Peer[] = []
  const place: TransportPlace = {
    host: async (id, { clusterId, as } = {}) => {
      const peer = await Peer.create(id, { clusterId, address: as?.address })
      peers.push(peer)
      return peer
    },
    stop: (host) => host.transport.close(),
  }
  try {
    await use(place)
  } finally {
    await Promise.all(peers.map(({ transport }) => transport.close()))
  }
})
