// The Transport port on TCP.
import type { Member, Transport } from '@riverraft/core'
import { type LinkOptions, linkTransport } from '@riverraft/core/links'
import { isWildcard, parseDial, parseListen } from './address.js'
import { TcpDriver } from './driver.js'

export interface TcpTransportOptions extends LinkOptions {
  /** `host:port`, `[v6]:port`, or `:port` for every interface. Port 0 lets the system choose one. */
  readonly listen: string
  /** What `status().address` tells instead of the address listened on, e.g. behind a NAT or in a container. */
  readonly advertise?: string
}

/**
 * A transport over plain TCP. Members' addresses are `host:port` or `[v6]:port`. Nothing is encrypted and nobody is
 * authenticated: whoever can reach the port can speak in a member's name.
 * @throws RaftError ERR_INVALID_OPTION
 */
export function tcp(options: TcpTransportOptions): Transport {
  const { listen, advertise, ...linkOptions } = options
  if (advertise !== undefined) parseDial(advertise, 'advertise')
  const driver = new TcpDriver(parseListen(listen), (diagnostic) => linkOptions.onDiagnostic?.(diagnostic))
  const links = linkTransport('tcp', driver, linkOptions)
  const checkMember = ({ id, address }: Member): void =>
    void parseDial(address, `the address of member ${id}`)
  return {
    name: links.name,
    checkMember,
    listen: async (host, members) => {
      for (const member of members) checkMember(member)
      const bound = await links.listen(host, members)
      return advertise ?? (isWildcard(bound) ? addressOf(host.id, members) : undefined) ?? bound
    },
    setMembers: (members) => links.setMembers(members),
    send: (peer, frame) => links.send(peer, frame),
    knock: (from, address, signal) => links.knock(from, address, signal),
    close: () => links.close(),
  }
}

function addressOf(id: string, members: readonly Member[]): string | undefined {
  return members.find((member) => member.id === id)?.address
}
