// Raft §7: a snapshot is the log it replaces. Every snapshot that became durable anywhere, byte by byte: its state is that of
// the committed commands up to its index, and so are its sessions with every answer they keep.
import { type CommandRejected, readSnapshotContent, type StateMachineFactory } from '@riverraft/core'
import { attemptedCodec, outcomeText } from '../cluster/recorded-machine.js'
import type { History, SavedSnapshot } from './history.js'
import { textOf } from './same-state.js'
import { type ModelSession, SessionModel } from './session-model.js'

export const SNAPSHOTS = 'snapshot-equals-replay'

/** id, ttl, last active, acknowledged below, and of each outcome: sequence, index, term, result, why it was rejected. */
type SessionRecord = [number, number, number, number, [number, number, number, unknown, string?][]]

/** What contradicts the log, undefined when nothing does. */
export async function checkSnapshots<Command, Result, State>(
  history: History,
  factory: StateMachineFactory<Command, Result, State>,
): Promise<string | undefined> {
  const replay = new Replay(history, factory)
  const snapshots = [...history.snapshots.values()].sort((a, b) => a.metadata.index - b.metadata.index)
  for (const snapshot of snapshots) {
    const { node, metadata } = snapshot
    const { index, term, timestamp } = metadata
    const committed = history.committed[index - 1]
    if (committed?.term !== term || history.committedEntry(index)?.timestamp !== timestamp)
      return `${node} has a snapshot of ${index} of term ${term} at ${timestamp}, committed is term ${committed?.term}`
    replay.goOnTo(index)
    const wrong = await judge(snapshot, replay, factory)
    if (wrong !== undefined) return `the snapshot of ${index} that ${node} has differs from the log: ${wrong}`
  }
  return undefined
}

/** The committed log, applied once more. */
class Replay<Command, Result, State> {
  readonly #history: History
  readonly #codec: ReturnType<typeof attemptedCodec<Command>>
  readonly #machine: ReturnType<StateMachineFactory<Command, Result, State>['create']>
  readonly #model = new SessionModel()
  readonly #outcomes = new Map<number, string>()
  #index = 0

  constructor(history: History, factory: StateMachineFactory<Command, Result, State>) {
    this.#history = history
    this.#codec = attemptedCodec(factory.codec)
    this.#machine = factory.create()
  }

  get state(): State {
    return this.#machine.state
  }

  get sessions(): ReadonlyMap<number, ModelSession> {
    return this.#model.sessions
  }

  /** The outcome of the command at `index`, and its term, as a comparable text. */
  outcomeAt(index: number): string {
    return `${this.#outcomes.get(index)} in term ${this.#history.committed[index - 1]?.term}`
  }

  goOnTo(index: number): void {
    while (this.#index < index) {
      const entry = this.#history.committedEntry(++this.#index)!
      if (this.#model.judge(this.#index, entry) === 'run') this.#outcomes.set(this.#index, this.#apply(entry))
    }
  }

  #apply({
    payload,
    timestamp,
    sessionId,
  }: {
    payload: Uint8Array
    timestamp: number
    sessionId: number
  }): string {
    const { term } = this.#history.committed[this.#index - 1]!
    const { command } = this.#codec.decode(payload)
    try {
      const result = this.#machine.apply(command, { index: this.#index, term, timestamp, session: sessionId })
      return outcomeText(result, undefined)
    } catch (error) {
      return outcomeText(undefined, error as CommandRejected)
    }
  }
}

async function judge<Command, Result, State>(
  { metadata, content }: SavedSnapshot,
  replay: Replay<Command, Result, State>,
  factory: StateMachineFactory<Command, Result, State>,
): Promise<string | undefined> {
  const machine = factory.create()
  let records: readonly SessionRecord[] = []
  await readSnapshotContent(iterate(content), async (sessions, state) => {
    records = sessions as SessionRecord[]
    await machine.restore(state)
  })
  const [found, expected] = [textOf(machine.state), textOf(replay.state)]
  if (found !== expected) return `its state is ${found}, not ${expected}`
  return judgeSessions(records, replay, metadata.timestamp)
}

function judgeSessions<Command, Result, State>(
  records: readonly SessionRecord[],
  replay: Replay<Command, Result, State>,
  timestamp: number,
): string | undefined {
  for (const [id, ttlMs, lastActive, acknowledgedBelow, outcomes] of records) {
    const session = replay.sessions.get(id)
    if (session === undefined) return `it has session ${id}, which is gone`
    if (ttlMs !== session.ttlMs || lastActive !== session.lastActive)
      return `session ${id} was used at ${lastActive}, not at ${session.lastActive}`
    if (acknowledgedBelow !== Math.max(1, session.acknowledgedBelow))
      return `session ${id} is acknowledged below ${acknowledgedBelow}, not ${session.acknowledgedBelow}`
    const kept = [...session.applied].filter(([sequence]) => sequence >= acknowledgedBelow)
    const expected = kept.map(([sequence, index]) => `${sequence} at ${index}: ${replay.outcomeAt(index)}`)
    const found = outcomes.map(([sequence, index, term, result, why]) => {
      const text = outcomeText(result, why === undefined ? undefined : new Error(why))
      return `${sequence} at ${index}: ${text} in term ${term}`
    })
    if (found.sort().join() !== expected.sort().join())
      return `session ${id} keeps ${found.join('; ')}, and should ${expected.join('; ')}`
  }
  const ids = new Set(records.map(([id]) => id))
  for (const [id, { lastActive, ttlMs }] of replay.sessions)
    if (!ids.has(id) && timestamp - lastActive <= ttlMs) return `it lacks session ${id}`
  return undefined
}

async function* iterate(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* pieces
}
