// What the launcher decides for a node before its process starts.
import type { StorageName, TransportName } from '../node/choices.js'
import { freePorts } from './free-ports.js'

export interface Seat {
  readonly name: string
  /** Over tcp and websocket: where it listens. */
  readonly address?: string
  /** With redis: of its server. */
  readonly redisPort?: number
}

/** `count` nodes, named from `number` on. */
export async function newSeats(
  number: number,
  count: number,
  { transport, storage }: { readonly transport: TransportName; readonly storage: StorageName },
): Promise<readonly Seat[]> {
  const ports = await freePorts(2 * count)
  return Array.from({ length: count }, (_, at) => ({
    name: `n${number + at}`,
    ...(transport === 'libp2p' ? {} : { address: addressAt(transport, ports[at]!) }),
    ...(storage === 'redis' ? { redisPort: ports[count + at]! } : {}),
  }))
}

const addressAt = (transport: TransportName, port: number) =>
  transport === 'websocket' ? `ws://127.0.0.1:${port}/` : `127.0.0.1:${port}`

export const redisUrl = ({ redisPort }: Seat): string | undefined =>
  redisPort === undefined ? undefined : `redis://127.0.0.1:${redisPort}`
