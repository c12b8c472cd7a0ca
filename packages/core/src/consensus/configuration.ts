// §7: "the snapshot also includes the latest configuration in the log as of last included index". The one place that says
// which configuration is in force.
import type { State } from './state.js'
import type { Configuration } from './types.js'

/** After a start, an install and a truncation: the snapshot's, unless the log behind it has a later one. */
export function configurationInForce({ snapshot }: State): Configuration {
  return snapshot.configuration
}
