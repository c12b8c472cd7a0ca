// @riverraft/transport-websocket: Raft over WebSocket. See README.md.
export { PROTOCOL } from './protocol.js'
export { type WebSocketTransportOptions, websocket } from './transport.js'
