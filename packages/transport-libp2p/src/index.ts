// @riverraft/transport-libp2p: Raft over libp2p. See README.md.

export type { Libp2p, PrivateKey } from '@libp2p/interface'
export { createRaftLibp2p, type MdnsOptions, type RaftLibp2pOptions } from './create-node.js'
export { PROTOCOL } from './driver.js'
export { loadOrCreateKey, nodeIdOf } from './key.js'
export { type Libp2pTransportOptions, libp2pTransport } from './transport.js'
