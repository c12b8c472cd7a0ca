// Addresses in the notations of all transports: /ip4/h/tcp/1, h:1, [v6]:1, ws://h:1/.

/** Scheme, IPv6 address, other name. */
const AUTHORITY = /^(wss?:\/\/)?(?:\[([^\]]+)\]|([^:/]*))/

/** The IP address or name in it; '' when it says none. */
export function hostOf(address: string): string {
  if (address.startsWith('/')) return address.split('/')[2] ?? ''
  const [, , v6, name = ''] = AUTHORITY.exec(address) ?? []
  return v6 ?? name
}

export function withHost(address: string, host: string): string {
  const isV6 = host.includes(':')
  if (address.startsWith('/')) {
    return ['', isV6 ? 'ip6' : 'ip4', host, ...address.split('/').slice(3)].join('/')
  }
  const scheme = AUTHORITY.exec(address)?.[1] ?? ''
  return scheme + (isV6 ? `[${host}]` : host) + address.replace(AUTHORITY, '')
}

/** 0 when it says none: any will do. */
export function portOf(address: string): number {
  return Number((/\/tcp\/(\d+)/.exec(address) ?? /:(\d+)(?:\/.*)?$/.exec(address))?.[1] ?? 0)
}

/** The address alone: who is there is said beside it, or proved by libp2p. */
export const withoutPeerId = (address: string): string => address.replace(/\/p2p\/[^/]+$/, '')

/** True for a host that only this machine can dial. */
export const isLoopback = (host: string): boolean =>
  host.startsWith('127.') || host === '::1' || host === 'localhost'

/** True for what listens on every interface, and is nothing that others could dial. */
export const isWildcard = (host: string): boolean => host === '' || host === '0.0.0.0' || host === '::'
