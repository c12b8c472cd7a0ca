// @riverraft/core/links: a Transport from nothing but a way to open connections.
export type { Connection, ConnectionEvents, DialTarget, LinkDriver } from './connection.js'
export { type LinkedTransport, linkTransport } from './link-transport.js'
export { Mailbox } from './mailbox.js'
export type { LinkDiagnostic, LinkOptions } from './options.js'
