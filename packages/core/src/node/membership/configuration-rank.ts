// Which of two configurations, each in force at its server, is the later one.
import type { ConfigurationAge } from '../../consensus/types.js'

/** Of a server that knows none. */
export const NO_AGE: ConfigurationAge = { lastTerm: 0, index: 0 }

/**
 * As logs are compared (§5.4.1), by the term of their last entries first: what a deposed leader appended may stand at any index,
 * also behind what others have committed since. Logs that end in the same term are one the beginning of the other.
 */
export function isLaterConfiguration(one: ConfigurationAge, other: ConfigurationAge): boolean {
  return one.lastTerm === other.lastTerm ? one.index > other.index : one.lastTerm > other.lastTerm
}

/**
 * Not for certain earlier or the same. Whoever reads the log from its beginning, by the terms as well, may yet have read further
 * than somebody who was cut off with a deposed leader and has that one's term.
 */
export function mayBeLaterConfiguration(one: ConfigurationAge, other: ConfigurationAge): boolean {
  return one.lastTerm > other.lastTerm || one.index > other.index
}
