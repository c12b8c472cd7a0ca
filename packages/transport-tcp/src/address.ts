// `host:port`, `[v6]:port`, and for listening also `:port`.
import { isIPv6 } from 'node:net'
import { RaftError } from '@riverraft/core'

export interface Address {
  /** A name or an IP address; '' listens on every interface. */
  readonly host: string
  readonly port: number
}

const NOTATION = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^\s:/@[\]]*)):(?<port>\d{1,5})$/
const PORT_MAX = 65_535

/**
 * Where to listen. Port 0 lets the system choose.
 * @throws RaftError ERR_INVALID_OPTION
 */
export function parseListen(text: string): Address {
  const address = parse(text)
  if (address !== undefined) return address
  throw new RaftError('ERR_INVALID_OPTION', `listen: '${text}' is not host:port, [v6]:port or :port`)
}

/**
 * Where others connect to: a host and a port.
 * @throws RaftError ERR_INVALID_OPTION naming `whose` address it is
 */
export function parseDial(text: string, whose: string): Address {
  const address = parse(text)
  if (address !== undefined && address.host !== '' && address.port > 0) return address
  throw new RaftError('ERR_INVALID_OPTION', `${whose}: '${text}' is not host:port or [v6]:port`)
}

function parse(text: string): Address | undefined {
  const groups = NOTATION.exec(text)?.groups
  if (groups === undefined) return undefined
  const { v6, host = '', port: digits } = groups
  const port = Number(digits)
  if (port > PORT_MAX || (v6 !== undefined && !isIPv6(v6))) return undefined
  return { host: v6 ?? host, port }
}

export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** True for what listens on every interface: nothing that others could dial. */
export function isWildcard(address: string): boolean {
  return address.startsWith('[::]:') || address.startsWith('0.0.0.0:')
}
