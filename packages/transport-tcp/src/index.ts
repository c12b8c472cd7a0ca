// @riverraft/transport-tcp: Raft over plain TCP. See README.md.
export { type TcpTransportOptions, tcp } from './transport.js'
