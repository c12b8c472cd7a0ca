// What a person wants to see while a cluster forms.
import type { Formed, RefusalReason } from './protocol.js'

/** How a joiner came to know whom to ask. */
export type FoundBy = 'bootstrap' | 'mdns' | 'hint'

export type FormEvent =
  /** Joiner: this peer is there and speaks our protocol. */
  | { readonly type: 'found'; readonly peer: string; readonly by: FoundBy; readonly address: string }
  /** Joiner: seated, and waiting for the others. Again when somebody comes or goes. */
  | { readonly type: 'waiting'; readonly size: number; readonly present: readonly string[] }
  /** Joiner: nobody there (yet); it will be tried again. */
  | { readonly type: 'unreachable'; readonly address: string; readonly error: string }
  /** Joiner: the conversation broke; it will ask again. */
  | { readonly type: 'lost'; readonly peer: string; readonly reason: string }
  /** Creator. */
  | {
      readonly type: 'asked'
      readonly peer: string
      readonly address: string
      readonly present: number
      readonly size: number
    }
  | { readonly type: 'left'; readonly peer: string; readonly reason: string }
  | { readonly type: 'turned-away'; readonly peer: string; readonly reason: RefusalReason }
  /** Everybody, once. */
  | { readonly type: 'formed'; readonly clusterId: string; readonly members: Formed['members'] }

export type ReportForm = (event: FormEvent) => void
