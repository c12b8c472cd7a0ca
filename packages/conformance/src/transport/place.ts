// What a transport's author brings: nodes with a transport each, on a network that loses nothing.
import type { RecordingHost } from './recording-host.js'

export interface HostOptions {
  /** Default 'cluster'. */
  readonly clusterId?: string
  /** Who comes back: its id and its address are those of this one, which was stopped. */
  readonly as?: RecordingHost
}

export interface TransportPlace {
  /** A node that does not listen yet. `id` is a wish: where ids are keys it has its own. */
  readonly host: (id: string, options?: HostOptions) => Promise<RecordingHost>
  /** Ends it, transport and all, as far as others can tell. */
  readonly stop: (host: RecordingHost) => Promise<void>
}
