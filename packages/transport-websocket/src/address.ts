// `ws://host:port/path` and `wss://host:port/path`.
import { RaftError } from '@riverraft/core'

export interface ListenAddress {
  readonly host: string
  readonly port: number
  readonly path: string
}

/**
 * Where to listen, without TLS. Port 0 lets the system choose.
 * @throws RaftError ERR_INVALID_OPTION
 */
export function parseListen(text: string): ListenAddress {
  const url = parse(text)
  if (url?.protocol === 'wss:') {
    throw new RaftError(
      'ERR_INVALID_OPTION',
      `listen: '${text}' needs a certificate: pass an https 'server' instead`,
    )
  }
  if (url === undefined) {
    throw new RaftError('ERR_INVALID_OPTION', `listen: '${text}' is not ws://host:port/path`)
  }
  // The brackets of an IPv6 address belong to the URL; and a URL does not keep the port that is its default.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return { host, port: url.port === '' ? 80 : Number(url.port), path: url.pathname }
}

/**
 * Checks what others connect to.
 * @throws RaftError ERR_INVALID_OPTION naming `whose` address it is
 */
export function checkDial(text: string, whose: string): void {
  const url = parse(text)
  if (url !== undefined && url.port !== '0') return
  throw new RaftError(
    'ERR_INVALID_OPTION',
    `${whose}: '${text}' is not ws://host:port/path or wss://host:port/path`,
  )
}

/** @throws RaftError ERR_INVALID_OPTION */
export function checkPath(path: string): void {
  if (path.startsWith('/') && parse(`ws://host${path}`)?.pathname === path) return
  throw new RaftError('ERR_INVALID_OPTION', `path: '${path}' is not the path of a URL, such as /raft`)
}

function parse(text: string): URL | undefined {
  const url = URL.parse(text)
  if (url === null || !/^wss?:$/.test(url.protocol)) return undefined
  const { username, password, search, hash } = url
  return `${username}${password}${search}${hash}` === '' ? url : undefined
}

export function formatHost(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** True for what listens on every interface: nothing that others could dial. */
export function isWildcard(address: string): boolean {
  return /^wss?:\/\/(\[::\]|0\.0\.0\.0):/.test(address)
}
