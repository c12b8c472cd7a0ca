// The contract of the Transport port as a suite, and the nodes it is played with.
import type { DeclareTest, WithPlace } from '../test-function.js'
import { knocks } from './knocks.js'
import { links } from './links.js'
import type { HostOptions, TransportPlace } from './place.js'

export { ContractError } from '../assert.js'
export { append, block, INCARNATION, vote } from './frames.js'
export { connect, helloOf, RecordingHost } from './recording-host.js'
export type { DeclareTest, HostOptions, TransportPlace, WithPlace }

/** What every transport must do between members that can reach each other. */
export function testTransport(test: DeclareTest, withPlace: WithPlace<TransportPlace>): void {
  for (const [name, run] of Object.entries({ ...links, ...knocks })) test(name, () => withPlace(run))
}
