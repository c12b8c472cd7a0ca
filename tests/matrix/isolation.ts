// A switch between a node and its transport: off, it is cut off from everybody, whatever carries the frames.
import type { Transport, TransportHost } from '@riverraft/core'

export interface Switched {
  readonly transport: Transport
  cutOff: boolean
}

export function switched(inner: Transport): Switched {
  const self: Switched = {
    cutOff: false,
    transport: {
      name: inner.name,
      listen: (host, members) => inner.listen(listening(host, self), members),
      setMembers: (members) => inner.setMembers(members),
      send: (peer, frame) => {
        if (!self.cutOff) inner.send(peer, frame)
      },
      close: () => inner.close(),
    },
  }
  return self
}

function listening(host: TransportHost, self: Switched): TransportHost {
  return {
    id: host.id,
    hello: (peer) => host.hello(peer),
    admit: (hello) => host.admit(hello),
    refused: (peer, refusal) => host.refused(peer, refusal),
    receive: (from, frame) => {
      if (!self.cutOff) host.receive(from, frame)
    },
    linkUp: (peer) => host.linkUp(peer),
    linkDown: (peer, reason) => host.linkDown(peer, reason),
    pressure: (peer, high) => host.pressure(peer, high),
  }
}
