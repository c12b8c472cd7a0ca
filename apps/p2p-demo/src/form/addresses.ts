// Which of its addresses a member is entered under: one that every other member can dial.
import { multiaddr } from '@multiformats/multiaddr'
import type { Seat } from './roster.js'

/** The IP address or name in a multiaddr. */
export function hostOf(address: string): string | undefined {
  return multiaddr(address).getComponents()[0]?.value
}

/** The address alone: who is there is said beside it, or proved by libp2p. */
export const withoutPeerId = (address: { toString(): string }): string =>
  String(address).replace(/\/p2p\/[^/]+$/, '')

/** True for an address only this machine can dial. */
export function isLoopback(address: string): boolean {
  const host = hostOf(address) ?? ''
  return host.startsWith('127.') || host === '::1' || host === 'localhost'
}

/**
 * One address per seat, in their order. All on one machine: loopback, which needs no network. Else an address that is
 * not loopback, best the one it was seen under; undefined when somebody has none.
 */
export function chooseAddresses(seats: readonly Seat[]): readonly string[] | undefined {
  const oneMachine = seats.every(({ sameMachine }) => sameMachine)
  const chosen = seats.map(({ addresses, seenHost }) => {
    const loopback = addresses.find(isLoopback)
    const network = addresses.filter((address) => !isLoopback(address))
    const best = network.find((address) => hostOf(address) === seenHost) ?? network[0]
    return oneMachine ? (loopback ?? best) : best
  })
  return chosen.every((address) => address !== undefined) ? chosen : undefined
}
