// Under which address the others are told to find this node.
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { RaftError } from '@riverraft/core'
import { hostOf, isLoopback, isWildcard, withHost } from '../addresses.js'

/** One address of one network interface. */
export interface Interface {
  readonly address: string
  readonly family: string
  readonly internal: boolean
  /** Null: it does not say. */
  readonly cidr: string | null
}

const ownInterfaces = (): readonly Interface[] =>
  Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])

/**
 * `bound`, but where that is every interface: the one on the network of `via`, else the first that others can reach, else
 * the loopback.
 */
export function reachableAddress(
  bound: string,
  via: readonly string[],
  interfaces: readonly Interface[] = ownInterfaces(),
): string {
  const host = hostOf(bound)
  if (!isWildcard(host)) return bound
  const outward = interfaces.filter(({ internal, family }) => !internal && family === 'IPv4')
  const near = outward.find((own) => via.some((address) => isOnNetwork(own, hostOf(address))))
  return withHost(bound, (near ?? outward[0])?.address ?? '127.0.0.1')
}

/**
 * Members on other machines could not reach a node that listens on the loopback.
 * @throws RaftError ERR_INVALID_OPTION
 */
export function checkReachable(
  own: string,
  via: readonly string[],
  interfaces: readonly Interface[] = ownInterfaces(),
): void {
  if (!isLoopback(hostOf(own))) return
  // A name may stand for this machine.
  const isHere = (host: string) =>
    isLoopback(host) || isIP(host) === 0 || interfaces.some(({ address }) => address === host)
  if (via.length === 0 || via.some((address) => isHere(hostOf(address)))) return
  throw new RaftError(
    'ERR_INVALID_OPTION',
    `the members at ${via.join(', ')} cannot reach a node that listens at ${own}, on the loopback only: use --listen with ` +
      'an address of this machine, or 0.0.0.0',
  )
}

function isOnNetwork({ cidr, family }: Interface, host: string): boolean {
  const [network, prefix] = cidr?.split('/') ?? []
  if (network === undefined || isIP(host) === 0) return false
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), family === 'IPv6' ? 'ipv6' : 'ipv4')
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')
}
