// The Transport port on an existing libp2p node.
import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Member, RaftError, type Transport, type TransportHost } from '@riverraft/core'
import { type LinkOptions, linkTransport } from '@riverraft/core/links'
import { addressOf, Libp2pDriver } from './driver.js'

export interface Libp2pTransportOptions extends LinkOptions {
  /** A started node. It may serve other protocols too; whoever created it stops it. */
  readonly libp2p: Libp2p
}

/** Keeps a member's connection when libp2p has to close some: other peers' connections go first. */
const MEMBER_TAG = { 'riverraft-member': { value: 100 } }

/**
 * A transport over libp2p. Members' ids are PeerIds and their addresses multiaddrs; who sent a frame is proved by the
 * connection, and only members are admitted.
 */
export function libp2pTransport(options: Libp2pTransportOptions): Transport {
  const { libp2p, ...linkOptions } = options
  // Opening a libp2p connection takes six round trips, not one.
  const links = linkTransport('libp2p', new Libp2pDriver(libp2p), { dialTimeoutMs: 5_000, ...linkOptions })
  return {
    name: links.name,
    checkMember,
    listen: async (host, members) => {
      check(libp2p, host, members)
      await tagMembers(libp2p, members)
      return links.listen(host, members)
    },
    setMembers: (members) => {
      links.setMembers(members)
      // Without the tag libp2p may prefer other connections to theirs: worse, and no reason to fail.
      void tagMembers(libp2p, members).catch(() => undefined)
    },
    send: (peer, frame) => links.send(peer, frame),
    knock: (from, address, signal) => links.knock(from, address, signal),
    close: () => links.close(),
  }
}

/** @throws RaftError ERR_INVALID_OPTION or ERR_LISTEN: what would otherwise fail at every dial, for ever */
function check(libp2p: Libp2p, host: TransportHost, members: readonly Member[]): void {
  if (libp2p.status !== 'started') throw new RaftError('ERR_LISTEN', `the libp2p node is ${libp2p.status}`)
  if (libp2p.peerId.toString() !== host.id) {
    throw new RaftError('ERR_INVALID_OPTION', `node ${host.id} runs on the libp2p node ${libp2p.peerId}`)
  }
  for (const member of members) checkMember(member)
}

function checkMember(member: Member): void {
  try {
    peerIdFromString(member.id)
    addressOf(member)
  } catch (cause) {
    const message = `member ${member.id} at ${member.address}: not a PeerId and a multiaddr`
    throw new RaftError('ERR_INVALID_OPTION', message, { cause })
  }
}

async function tagMembers(libp2p: Libp2p, members: readonly Member[]): Promise<void> {
  const others = members.filter(({ id }) => id !== libp2p.peerId.toString())
  await Promise.all(
    others.map(({ id }) => libp2p.peerStore.merge(peerIdFromString(id), { tags: MEMBER_TAG })),
  )
}
