// The clients' history is linearizable, judged by the log: the committed commands in their order, applied to a model of
// the user's state machine, must explain every answer, each between its call and its return. For any state machine, and
// in linear time: the log says the order that a search would have to find.
import { isDeepStrictEqual } from 'node:util'
import type { CommandRejected, StateMachineFactory } from '@riverraft/core'
import type { Operation } from '../clients/operation.js'
import { attemptedCodec } from '../cluster/recorded-machine.js'
import type { History } from './history.js'

export const CLIENT_HISTORY = 'client-history-is-linearizable'

/** What contradicts the log, undefined when nothing does. */
export function checkClientHistory<Command, Result, State>(
  history: History,
  factory: StateMachineFactory<Command, Result, State>,
  operations: readonly Operation<Command, State>[],
): string | undefined {
  const model = factory.create()
  const codec = attemptedCodec(factory.codec)
  const reads = new OpenReads(operations)
  const applied = new Set<number>()
  for (const { index, term, timestamp, payload, sessionId } of history.committedCommands()) {
    // The state before this command stood from the one before it on, through what is no command, or is skipped.
    reads.answer(index - 1, model.state)
    const { attempt, command } = codec.decode(payload)
    const operation = operations[attempt - 1]
    if (operation === undefined) return `entry ${index} holds attempt ${attempt}, which nobody made`
    if (applied.has(attempt)) return `attempt ${attempt} is applied twice, again at ${index}`
    applied.add(attempt)
    const unexplained = reads.before(operation, index)
    if (unexplained !== undefined) return unexplained
    let result: unknown
    let rejection: CommandRejected | undefined
    try {
      result = model.apply(command, { index, term, timestamp, session: sessionId })
    } catch (error) {
      rejection = error as CommandRejected
    }
    const wrong = judge(operation, index, term, result, rejection)
    if (wrong !== undefined) return wrong
  }
  reads.answer(history.committed.length, model.state)
  for (const { attempt, outcome, request, index: at } of operations) {
    if (request.kind === 'propose' && (outcome === 'ok' || outcome === 'rejected') && !applied.has(attempt))
      return `attempt ${attempt} was acknowledged at ${at} and is not in the log`
  }
  return reads.unanswered()
}

function judge<Command, State>(
  { attempt, outcome, floor, result, index, term }: Operation<Command, State>,
  at: number,
  atTerm: number,
  expected: unknown,
  rejection: CommandRejected | undefined,
): string | undefined {
  if (outcome === 'not-applied')
    return `attempt ${attempt} was certainly not applied, and is applied at ${at}`
  if (outcome === 'rejected' && rejection === undefined)
    return `attempt ${attempt} was rejected, and is applied at ${at}`
  if (outcome !== 'ok') return undefined
  if (index !== at || term !== atTerm)
    return `attempt ${attempt} was told ${index} of term ${term}, and stands at ${at} of term ${atTerm}`
  if (at <= floor)
    return `attempt ${attempt} stands at ${at}, though ${floor} was acknowledged before it began`
  if (rejection !== undefined || !isDeepStrictEqual(plain(result), plain(expected)))
    return `attempt ${attempt} at ${at} returned ${JSON.stringify(result)}, the model ${JSON.stringify(expected)}`
  return undefined
}

/** Reads that returned, each looking for the earliest state that explains it. */
class OpenReads<Command, State> {
  readonly #coming: Operation<Command, State>[]
  #open: Operation<Command, State>[] = []

  constructor(operations: readonly Operation<Command, State>[]) {
    this.#coming = operations
      .filter(({ request, outcome }) => request.kind === 'read' && outcome === 'ok')
      .sort((a, b) => lowest(b) - lowest(a) || b.calledOrder - a.calledOrder)
  }

  /** Answers what the state that stood up to `index` explains. */
  answer(index: number, state: State): void {
    while (this.#coming.length > 0 && lowest(this.#coming.at(-1)!) <= index)
      this.#open.push(this.#coming.pop()!)
    if (this.#open.length === 0) return
    this.#open.sort((a, b) => a.calledOrder - b.calledOrder)
    const still: Operation<Command, State>[] = []
    /** Whoever began after this waits for a read that is not explained yet. */
    let blockedAfter = Number.POSITIVE_INFINITY
    for (const read of this.#open) {
      const { request, result, calledOrder } = read
      if (request.kind !== 'read') continue
      const isLocal = request.consistency === 'local'
      const free = isLocal || calledOrder < blockedAfter
      if (free && isDeepStrictEqual(plain(request.query(state)), plain(result))) continue
      still.push(read)
      if (!isLocal) blockedAfter = Math.min(blockedAfter, read.returnedOrder)
    }
    this.#open = still
  }

  /** `write` is about to be applied at `index`: what returned before it began, or cannot see it, must be explained by now. */
  before(write: Operation<Command, State>, index: number): string | undefined {
    for (const read of this.#open) {
      if (read.request.kind === 'read' && read.request.consistency !== 'local') {
        if (read.returnedOrder < write.calledOrder) return describe(read, `entry ${index}, which began later`)
      }
      if (highest(read) < index) return describe(read, `entry ${index}`)
    }
    return undefined
  }

  unanswered(): string | undefined {
    const read = this.#open[0] ?? this.#coming[0]
    return read && describe(read, 'the end')
  }
}

/** The first and the last index a read may have seen. */
function lowest<Command, State>({ request, floor, appliedAtCall }: Operation<Command, State>): number {
  return request.kind === 'read' && request.consistency === 'local' ? appliedAtCall : floor
}

function highest<Command, State>({ request, ceiling, appliedAtReturn }: Operation<Command, State>): number {
  return request.kind === 'read' && request.consistency === 'local' ? appliedAtReturn : ceiling
}

function describe<Command, State>(read: Operation<Command, State>, before: string): string {
  const { attempt, server, floor, calledAt, returnedAt, result, request } = read
  const kind = request.kind === 'read' ? request.consistency : ''
  return (
    `${kind} read ${attempt} on ${server} (${Math.round(calledAt)}-${Math.round(returnedAt ?? 0)} ms, floor ${floor}) ` +
    `returned ${JSON.stringify(result)}: no state from its call up to ${before} explains it`
  )
}

/** As it is, without what JSON would not carry. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
