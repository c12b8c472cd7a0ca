// The limits and times of links: every one has a unit and a default.
import type { NodeId } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'

/** What went wrong on a connection, for logs. Nothing in it needs an answer. */
export interface LinkDiagnostic {
  /** Undefined while the other end has not said, or not proved, who it is. */
  readonly peer: NodeId | undefined
  /** The other end in the transport's notation. */
  readonly remote: string
  readonly reason: string
}

/** All optional. Transports built on links accept these beside their own options. */
export interface LinkOptions {
  /** Default 16 MiB: bytes that wait for one peer. Beyond it the frame being sent is dropped. */
  readonly queueBytesMax?: number
  /** Default 3,000: how long opening a connection may take. */
  readonly dialTimeoutMs?: number
  /** Default 3,000: how long the exchange of hellos may take. */
  readonly helloTimeoutMs?: number
  /** Default 10,000: a frame that began must be complete, or 256 KiB nearer to it, within this time. */
  readonly frameProgressMs?: number
  /** Default 50 and 2,000: the wait before dialling again doubles from the first to the second. */
  readonly backOffMsMin?: number
  readonly backOffMsMax?: number
  /** Default 5,000: a link that lasted this long was good; its loss is answered by the shortest wait. */
  readonly stableLinkMs?: number
  /** Default 1,000: how often a link is asked whether its other end is still there. */
  readonly keepAliveMs?: number
  /** Default 5: unanswered questions after which a link is given up. */
  readonly keepAliveMissesMax?: number
  /** Default 64: inbound connections that have not said hello yet. Beyond it the oldest is closed. */
  readonly pendingInboundMax?: number
  /** Jitter, in [0, 1). Default Math.random: chance here decides nothing but when to dial again. */
  readonly random?: () => number
  readonly onDiagnostic?: (diagnostic: LinkDiagnostic) => void
}

export type LinkSettings = Required<LinkOptions>

const DEFAULTS: LinkSettings = {
  queueBytesMax: 16 * 1024 * 1024,
  dialTimeoutMs: 3_000,
  helloTimeoutMs: 3_000,
  frameProgressMs: 10_000,
  backOffMsMin: 50,
  backOffMsMax: 2_000,
  stableLinkMs: 5_000,
  keepAliveMs: 1_000,
  keepAliveMissesMax: 5,
  pendingInboundMax: 64,
  random: Math.random,
  onDiagnostic: () => {},
}

/** @throws RaftError ERR_INVALID_OPTION */
export function linkSettings(options: LinkOptions): LinkSettings {
  const settings: LinkSettings = { ...DEFAULTS }
  for (const name of Object.keys(DEFAULTS) as (keyof LinkOptions)[]) {
    const value = options[name]
    if (value === undefined) continue
    const valid =
      typeof DEFAULTS[name] === 'number'
        ? typeof value === 'number' && Number.isFinite(value) && value > 0
        : typeof value === 'function'
    if (!valid) throw new RaftError('ERR_INVALID_OPTION', `${name} must be a positive number, or a function`)
    Object.assign(settings, { [name]: value })
  }
  if (settings.backOffMsMax < settings.backOffMsMin) {
    throw new RaftError('ERR_INVALID_OPTION', 'backOffMsMax is below backOffMsMin')
  }
  return settings
}
