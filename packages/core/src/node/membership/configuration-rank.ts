// Which of two configurations, each in force at its server, is the later one.
import type { ConfigurationRank } from '../../wire/hello.js'

/** Of a server that knows none. */
export const NO_RANK: ConfigurationRank = { lastTerm: 0, index: 0 }

/** That of this server. */
export interface OwnRank extends ConfigurationRank {
  /** An entry of the last term is committed: no entry of an earlier term will be that it does not have. */
  readonly isSettled: boolean
}

/**
 * As logs are compared (§5.4.1), by the term of their last entries first: what a deposed leader appended may stand at any index,
 * also behind what others have committed since. Logs that end in the same term are one the beginning of the other.
 */
export function isLater(one: ConfigurationRank, other: ConfigurationRank): boolean {
  return one.lastTerm === other.lastTerm ? one.index > other.index : one.lastTerm > other.lastTerm
}

/**
 * Also by the index alone, unless the own log is settled. Whoever reads the log from its beginning has read the terms as well, and
 * perhaps more than a server that was cut off with a deposed leader and has that one's term.
 */
export function mayBeLater(one: ConfigurationRank, own: OwnRank): boolean {
  return isLater(one, own) || (!own.isSettled && one.index > own.index)
}
