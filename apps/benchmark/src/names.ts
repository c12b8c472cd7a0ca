// What can be measured, and what several processes must mean the same by.
import { join } from 'node:path'

export const TRANSPORTS = ['memory', 'tcp', 'websocket', 'libp2p'] as const
export type TransportName = (typeof TRANSPORTS)[number]

export const STORAGES = ['memory', 'file', 'redis'] as const
export type StorageName = (typeof STORAGES)[number]

/** The name under which a load finds the bare loop. */
export const BARE = 'bare'

/** Milliseconds on a clock that all processes of this machine share. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Where a libp2p replica finds who it is. */
export function keyFile(directory: string): string {
  return join(directory, 'node.key')
}
