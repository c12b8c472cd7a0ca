// A client with a session of its own: it repeats a command under the same sequence, on whatever server, until it knows
// what became of it - across the crash of the process it talked to, as it would across its own.
import { isDeepStrictEqual } from 'node:util'
import type { ProposeOptions, Receipt } from '@riverraft/core'
import type { Cluster } from '../cluster/cluster.js'
import type { Attempted } from '../cluster/recorded-machine.js'
import type { Server } from '../cluster/server.js'
import { call, type Returned } from './calls.js'
import type { Choice } from './workload.js'

const RETRIES_MAX = 6
/** It asks twice at once. */
const TWICE = 0.15
/** It asks once more although it was answered. */
const FORGETFUL = 0.2
/** It says what it needs no more. */
const ACKNOWLEDGING = 0.7
/** Times to live, in ms; the first is drawn most. */
const TTLS_MS = [600_000, 600_000, 10_000, 1_000] as const

export const SESSIONS = 'a-repetition-gets-the-first-answer'

interface Command<C> {
  readonly attempted: Attempted<C>
  readonly sequence: number
  readonly acknowledgedBelow: number | undefined
  /** What may still be under way from earlier calls: nothing is certain any more. */
  doubt: boolean
  calls: number
}

export class SessionClient<C, Result, State> {
  readonly #cluster: Cluster<C, Result, State>
  readonly #choice: Choice
  readonly #options: () => ProposeOptions
  /** What the client has on stable storage: its session and the sequence it is at. */
  #id: number | undefined
  #sequence = 0

  constructor(cluster: Cluster<C, Result, State>, choice: Choice, options: () => ProposeOptions) {
    this.#cluster = cluster
    this.#choice = choice
    this.#options = options
  }

  /** Proposes until the outcome is known, or too often. */
  propose(attempted: Attempted<C>, returned: (returned: Returned) => void): void {
    const server = this.#anyServer()
    const gone = { outcome: 'not-applied', code: 'nobody is up', value: undefined } as const
    if (server === undefined) return returned(gone)
    if (this.#id !== undefined) return this.#begin(attempted, returned)
    const ttlMs = this.#choice.of(TTLS_MS)
    const opened = ({ outcome, code, value }: Returned): void => {
      // An opening is no command: whatever became of it, this one was not given to anybody.
      if (outcome !== 'ok') return returned({ outcome: 'not-applied', code, value: undefined })
      this.#id = value as number
      this.#sequence = 0
      this.#begin(attempted, returned)
    }
    call(this.#cluster, server, 'open session', (node) => node.openSession({ ttlMs }), opened)
  }

  #anyServer(): Server<C, Result, State> | undefined {
    const { serving } = this.#cluster
    return serving.length === 0 ? undefined : serving[this.#choice.below(serving.length)]
  }

  #begin(attempted: Attempted<C>, returned: (returned: Returned) => void): void {
    const sequence = ++this.#sequence
    const acknowledgedBelow = this.#choice.chance(ACKNOWLEDGING) ? sequence : undefined
    this.#ask({ attempted, sequence, acknowledgedBelow, doubt: false, calls: 0 }, returned)
  }

  #ask(command: Command<C>, returned: (returned: Returned) => void): void {
    const server = this.#anyServer()
    if (server === undefined) return this.#askAgain(command, returned)
    command.calls++
    if (this.#choice.chance(TWICE)) return this.#askTwice(server, command, returned)
    this.#call(server, command, (answer) => this.#judge(command, answer, returned))
  }

  #call(
    server: Server<C, Result, State>,
    { attempted, sequence, acknowledgedBelow }: Command<C>,
    returned: (returned: Returned) => void,
  ): void {
    const place = acknowledgedBelow === undefined ? {} : { acknowledgedBelow }
    const session = { id: this.#id!, sequence, ...place }
    const ask = { ...this.#options(), session }
    call(
      this.#cluster,
      server,
      'in session',
      (node) => node.proposeWithReceipt(attempted, ask),
      (answer) => {
        if (answer.outcome === 'ok')
          this.#cluster.history.acknowledge((answer.value as Receipt<Result>).index)
        returned(answer)
      },
    )
  }

  /** Two calls of one command on one server at the same time: the second joins the first. */
  #askTwice(
    server: Server<C, Result, State>,
    command: Command<C>,
    returned: (returned: Returned) => void,
  ): void {
    this.#cluster.world.coverage.hit('in session: asked twice at once')
    let first: Returned | undefined
    const both = (answer: Returned): void => {
      if (first === undefined) {
        first = answer
        return
      }
      this.#compare(command, first, answer)
      if (isAnswer(first)) return this.#judge(command, first, returned)
      command.doubt ||= first.outcome === 'unknown'
      this.#judge(command, answer, returned)
    }
    this.#call(server, command, both)
    // Its process may have died of the first call.
    if (server.isUp) this.#call(server, command, both)
    else both({ outcome: 'unknown', code: 'process died', value: undefined })
  }

  #judge(command: Command<C>, answer: Returned, returned: (returned: Returned) => void): void {
    const { coverage } = this.#cluster.world
    const { outcome, code, value } = answer
    if (isAnswer(answer)) {
      if (command.doubt) coverage.hit('in session: known after all')
      if (!this.#choice.chance(FORGETFUL)) return returned(answer)
      return this.#forget(command, answer, returned)
    }
    command.doubt ||= outcome === 'unknown'
    const isOver = code === 'ERR_SESSION_EXPIRED'
    if (isOver) this.#id = undefined
    if (!isOver && command.calls <= RETRIES_MAX) return this.#askAgain(command, returned)
    returned({ outcome: command.doubt ? 'unknown' : 'not-applied', code, value })
  }

  #askAgain(command: Command<C>, returned: (returned: Returned) => void): void {
    const ms = 10 + this.#choice.below(400)
    this.#cluster.world.after(ms, () => {
      if (this.#anyServer() === undefined && ++command.calls > RETRIES_MAX)
        returned({
          outcome: command.doubt ? 'unknown' : 'not-applied',
          code: 'nobody is up',
          value: undefined,
        })
      else this.#ask(command, returned)
    })
  }

  /** The client lost the answer, and asks once more: it must be the same. */
  #forget(command: Command<C>, answer: Returned, returned: (returned: Returned) => void): void {
    const server = this.#anyServer()
    if (server === undefined) return returned(answer)
    this.#call(server, command, (again) => {
      this.#compare(command, answer, again)
      if (again.code === 'ERR_SESSION_EXPIRED') this.#id = undefined
      returned(answer)
    })
  }

  #compare({ sequence }: Command<C>, one: Returned, other: Returned): void {
    const { world } = this.#cluster
    if (!isAnswer(one) || !isAnswer(other)) return
    world.coverage.hit('in session: answered twice')
    if (one.outcome === other.outcome && isDeepStrictEqual(one.value, other.value)) return
    const text = ({ outcome, value }: Returned): string => `${outcome} ${JSON.stringify(value)}`
    world.fail(SESSIONS, `sequence ${sequence} of session ${this.#id}: ${text(one)}, and then ${text(other)}`)
  }
}

function isAnswer({ outcome }: Returned): boolean {
  return outcome === 'ok' || outcome === 'rejected'
}
