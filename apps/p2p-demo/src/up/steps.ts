// What the steps of the story share.
import type { Screen } from '../ui/screen.js'
import type { DemoCluster } from './cluster.js'
import type { RedisServers } from './redis-servers.js'
import type { UpHome } from './settings.js'

export const STEP_TIMEOUT_MS = 30_000

export interface Storyteller {
  readonly cluster: DemoCluster
  readonly screen: Screen
  readonly home: UpHome
  readonly redis: RedisServers
  /** Fires when the story must end early. */
  readonly signal: AbortSignal
}

/** The teller's signal, or a step that takes too long: its reason says which. */
export function within({ signal }: Storyteller, otherwise: string): AbortSignal {
  const late = new AbortController()
  const giveUp = () => late.abort(new Error(`${otherwise} within ${STEP_TIMEOUT_MS / 1000} s`))
  setTimeout(giveUp, STEP_TIMEOUT_MS).unref()
  return AbortSignal.any([signal, late.signal])
}
