// The Transport port on WebSocket.
import type { Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { type Member, RaftError, type Transport } from '@riverraft/core'
import { type LinkOptions, linkTransport } from '@riverraft/core/links'
import { checkDial, checkPath, isWildcard, parseListen } from './address.js'
import { type Place, WebSocketDriver } from './driver.js'

interface CommonOptions extends LinkOptions {
  /** What `status().address` tells instead of the address listened on, e.g. behind a proxy. */
  readonly advertise?: string
  /** For members at `wss://`: `ca` if their certificates are not publicly trusted, `cert` and `key` if they ask for ours. */
  readonly tls?: SecureContextOptions
}

export type WebSocketTransportOptions = CommonOptions &
  (
    | {
        /** `ws://host:port/path`; host 0.0.0.0 or [::] for every interface, port 0 lets the system choose one. */
        readonly listen: string
        readonly server?: never
        readonly path?: never
      }
    | {
        /** A server that listens already; it goes on serving whatever else it serves, and is not closed. */
        readonly server: Server | SecureServer
        /** Default `/`. */
        readonly path?: string
        readonly listen?: never
      }
  )

/**
 * A transport over WebSocket. Members' addresses are `ws://` or `wss://` URLs. A member is who it says it is: what keeps
 * strangers out must stand in front, such as an https server that asks for certificates.
 * @throws RaftError ERR_INVALID_OPTION
 */
export function websocket(options: WebSocketTransportOptions): Transport {
  const { listen, server, path, advertise, tls = {}, ...linkOptions } = options
  if (advertise !== undefined) checkDial(advertise, 'advertise')
  const driver = new WebSocketDriver({
    place: placeOf(options),
    tls,
    onDiagnostic: (diagnostic) => linkOptions.onDiagnostic?.(diagnostic),
  })
  const links = linkTransport('websocket', driver, linkOptions)
  const checkMember = ({ id, address }: Member): void =>
    void checkDial(address, `the address of member ${id}`)
  return {
    name: links.name,
    checkMember,
    listen: async (host, members) => {
      for (const member of members) checkMember(member)
      const bound = await links.listen(host, members)
      // A shared server may be reached by another name, scheme or port than it is bound to.
      const own = members.find(({ id }) => id === host.id)?.address
      return advertise ?? (server !== undefined || isWildcard(bound) ? own : undefined) ?? bound
    },
    setMembers: (members) => links.setMembers(members),
    send: (peer, frame) => links.send(peer, frame),
    knock: (from, address, signal) => links.knock(from, address, signal),
    close: () => links.close(),
  }
}

function placeOf({ listen, server, path }: WebSocketTransportOptions): Place {
  if ((listen === undefined) === (server === undefined)) {
    throw new RaftError('ERR_INVALID_OPTION', 'either listen or server')
  }
  if (listen !== undefined) return parseListen(listen)
  checkPath(path ?? '/')
  return { server: server as Server, path: path ?? '/' }
}
