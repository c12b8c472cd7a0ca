// Everything that happens in the cluster comes by here: it is shown to the checkers, then the views follow it.
import type {
  EntryBlock,
  Forward,
  Frame,
  NodeEvent,
  NodeEventType,
  NodeId,
  PeerMessage,
  SnapshotMetadata,
  StoredState,
  WriteBatch,
} from '@riverraft/core'
import type { StorageObserver } from '../disk/observed-storage.js'
import type { Greeting, NetworkObserver } from '../network/network.js'
import type { World } from '../world/world.js'
import type { ChangeCall } from './change-call.js'
import type { AppliedCommand, Checker, Hooks } from './checker.js'
import type { History } from './history.js'
import { appendedBy, type NodeView, type SnapshotView } from './node-view.js'

/** The events somebody looks at. */
export const OBSERVED_EVENTS: readonly NodeEventType[] = [
  'TermAdvanced',
  'VoteGranted',
  'BecameFollower',
  'BecamePreCandidate',
  'BecameCandidate',
  'BecameLeader',
  'LeaderRecognized',
  'EntriesAppended',
  'LogTruncated',
  'CommitAdvanced',
  'AppliedAdvanced',
  'SnapshotTaken',
  'SnapshotInstalled',
  'LogCompacted',
  'SnapshotSendStarted',
  'SnapshotFailed',
  'SnapshotDropped',
  'FollowerProbed',
  'FollowerMatched',
  'FollowerContacted',
  'ReadRoundStarted',
  'LeaseReadAnswered',
  'HeartbeatSent',
  'LeaderContacted',
  'VoteRefused',
  'TickWasLate',
  'TransferStarted',
  'TimeoutNowSent',
  'TransferAborted',
  'MembershipChanged',
  'RemovalCommitted',
  'FollowerLeft',
  'VoteReceived',
  'CatchUpProgress',
  'HelloRefused',
  'LinkDown',
]

type Hook<Name extends keyof Hooks> = NonNullable<Hooks[Name]>

export class Observation implements NetworkObserver {
  readonly #world: World
  readonly #history: History
  readonly #event: Hook<'event'>[]
  readonly #sent: Hook<'sent'>[]
  readonly #writing: Hook<'writing'>[]
  readonly #opened: Hook<'opened'>[]
  readonly #applied: Hook<'applied'>[]
  readonly #greeted: Hook<'greeted'>[]
  readonly #changed: Hook<'changed'>[]
  readonly #saved: Hook<'saved'>[]
  readonly #stopped: Hook<'stopped'>[]
  /** By server: in order of appearance. */
  readonly #order = new Map<string, number>()
  /** Told of each event when it has been seen: whoever waits for his moment. */
  afterEvent: ((node: NodeView, event: NodeEvent) => void) | undefined
  /** Told of each event before anybody has seen it. */
  before: ((node: NodeView, event: NodeEvent) => void) | undefined
  /** Told of each process that ends, before its memory is gone. */
  beforeEnd: ((node: NodeView) => void) | undefined
  /** By sender, session and sequence: the Forward that carried it last. */
  readonly #forwarded = new Map<string, number>()

  constructor(world: World, history: History, checkers: readonly Checker[]) {
    this.#world = world
    this.#history = history
    const all = checkers.map((checker) =>
      checker.hooks(history, (message) => world.fail(checker.property, message)),
    )
    const those = <Name extends keyof Hooks>(name: Name): Hook<Name>[] =>
      all.flatMap((hooks) => (hooks[name] === undefined ? [] : [hooks[name] as Hook<Name>]))
    this.#event = those('event')
    this.#sent = those('sent')
    this.#writing = those('writing')
    this.#opened = those('opened')
    this.#applied = those('applied')
    this.#greeted = those('greeted')
    this.#changed = those('changed')
    this.#saved = those('saved')
    this.#stopped = those('stopped')
  }

  #say(id: NodeId, what: () => string): void {
    const { say, now } = this.#world
    say?.(`${now.toFixed(3).padStart(10)} ${id} ${what()}`)
  }

  #orderOf(id: NodeId): number {
    const { name } = this.#history.view(id)
    const order = this.#order.get(name) ?? this.#order.size
    this.#order.set(name, order)
    return order
  }

  #note(kind: number, node: NodeId, detail: number): void {
    const { trace } = this.#world
    trace.number(kind * 64 + this.#orderOf(node))
    trace.number(Math.round(this.#world.now * 1000))
    trace.number(detail)
  }

  event(id: NodeId, event: NodeEvent): void {
    const node = this.#history.view(id)
    this.before?.(node, event)
    for (const hook of this.#event) hook(node, event)
    node.follow(event)
    // Before anything counts by it. When its bytes come they are compared.
    const appended = appendedBy(node, event)
    if (appended !== undefined)
      this.#history.configurations.announce(appended.index, node.term, appended.configuration)
    this.afterEvent?.(node, event)
    this.#say(id, () => JSON.stringify({ ...event, node: undefined, sequence: undefined, now: undefined }))
    this.#world.coverage.hit(event.type)
    if (event.type === 'BecameFollower' || event.type === 'VoteRefused')
      this.#world.coverage.hit(`${event.type}: ${event.reason}`)
    this.#note(1, id, node.term * 2 ** 20 + node.log.length + node.commitIndex)
  }

  sent(from: NodeId, to: NodeId, frame: Frame): void {
    const node = this.#history.view(from)
    for (const message of frame.messages) {
      if (message.type === 'AppendEntries') this.#learn(message.entries)
      for (const hook of this.#sent) hook(node, to, message)
      this.#say(from, () => `-> ${to} ${messageText(message)}`)
      this.#note(2, from, message.term * 64 + this.#orderOf(to))
      this.#world.coverage.hit(describe(message))
      if (message.type === 'Forward') this.#noteForward(from, message)
    }
  }

  #learn(blocks: readonly EntryBlock[]): void {
    for (const block of blocks) {
      if (block.members === undefined) continue
      const wrong = this.#history.configurations.learn(block)
      if (wrong !== undefined) this.#world.fail('uses-the-configuration-of-its-log', wrong)
    }
  }

  #noteForward(from: NodeId, { sessionId, firstSequence, commands, sequence }: Forward): void {
    if (sessionId === 0) return this.#world.coverage.hit('sent: Forward of an opening')
    for (let i = 0; i < commands.length; i++) {
      const place = `${from} ${sessionId} ${firstSequence + i}`
      const known = this.#forwarded.get(place)
      // A copy of the same frame is the network's doing.
      if (known !== undefined && known !== sequence) this.#world.coverage.hit('sent: Forward repeated')
      this.#forwarded.set(place, sequence)
    }
  }

  linkUp(from: NodeId, to: NodeId): void {
    this.#note(3, from, this.#orderOf(to))
  }

  greeted(from: NodeId, by: NodeId, hello: Greeting, refusal: string | undefined): void {
    const { views } = this.#history
    for (const hook of this.#greeted) hook(views.get(from)!, views.get(by)!, hello, refusal)
    if (refusal !== undefined) this.#world.coverage.hit(`hello refused: ${refusal}`)
  }

  /** A call of changeMembership has an answer. */
  changed(call: ChangeCall): void {
    for (const hook of this.#changed) hook(call)
    this.#say(call.node.id, () => `changeMembership ${JSON.stringify(call.change)}: ${call.code}`)
  }

  /** It has stopped by itself. */
  stopped(node: NodeView, code: string): void {
    for (const hook of this.#stopped) hook(node, code)
  }

  /** A process ends: its memory is gone. */
  ended(node: NodeView): void {
    this.beforeEnd?.(node)
    node.stopped()
  }

  applied(id: NodeId, command: AppliedCommand): void {
    const node = this.#history.view(id)
    for (const hook of this.#applied) hook(node, command)
    this.#say(id, () => `applies ${command.index}: attempt ${command.attempt}, ${command.outcome}`)
    this.#note(4, id, command.index)
  }

  #snapshotView(metadata: SnapshotMetadata): SnapshotView {
    const prefix = this.#history.committed.slice(0, metadata.index).map(({ term }) => term)
    return { metadata, prefix }
  }

  storage(node: NodeView): StorageObserver {
    const { id } = node
    return {
      opened: (stored: StoredState) => {
        for (const hook of this.#opened) hook(node, stored)
        node.opened(stored)
        this.#say(id, () => `opened: ${JSON.stringify(stored.hardState)}, ${node.log.length} entries`)
        this.#note(5, id, stored.hardState.currentTerm)
      },
      writing: (batch: WriteBatch) => {
        this.#learn(batch.blocks.map(({ block }) => block))
        const { restartBehind } = batch
        if (restartBehind !== undefined) {
          const isNewest = node.durableSnapshot?.metadata.index === restartBehind.index
          this.#world.coverage.hit(isNewest ? 'log restarts' : 'log restarts, the next snapshot is there')
        }
        for (const hook of this.#writing) hook(node, batch)
        node.writing = batch
      },
      durable: (batch: WriteBatch) => {
        node.durable(batch)
        this.#note(6, id, node.durableLog.length)
      },
      savingSnapshot: (metadata) => {
        node.savingSnapshots.push(this.#snapshotView(metadata))
      },
      savedSnapshot: (metadata, content) => {
        this.#history.saved(id, metadata, content)
        for (const hook of this.#saved) hook(node, metadata)
        forget(node, metadata)
        if (node.durableSnapshot !== undefined) node.olderSnapshots.push(node.durableSnapshot)
        node.durableSnapshot = this.#snapshotView(metadata)
        this.#note(8, id, metadata.index)
      },
      droppedSnapshot: (metadata) => forget(node, metadata),
      failed: (error: Error) => {
        this.#say(id, () => `storage failed: ${error.message}`)
        node.storageFailed = true
        this.#note(7, id, 0)
      },
    }
  }
}

/** It is no longer on its way. */
function forget(node: NodeView, { index }: SnapshotMetadata): void {
  node.savingSnapshots = node.savingSnapshots.filter(({ metadata }) => metadata.index !== index)
}

/** What a message is, as far as protocol branches differ. */
function describe(message: PeerMessage): string {
  switch (message.type) {
    case 'RequestVoteReply':
      return message.voteGranted ? 'sent: vote granted' : 'sent: vote refused'
    case 'PreVoteReply':
      return message.voteGranted ? 'sent: pre-vote granted' : 'sent: pre-vote refused'
    case 'InstallSnapshot':
      return message.data.length === 0 ? 'sent: snapshot question' : 'sent: snapshot chunk'
    case 'InstallSnapshotReply':
      return message.matchIndex > 0 ? 'sent: snapshot installed' : 'sent: snapshot progress'
    case 'AppendEntries':
      return message.entries.length === 0 ? 'sent: heartbeat' : 'sent: entries'
    case 'AppendEntriesReply':
      return message.success ? 'sent: append acknowledged' : 'sent: append refused'
    case 'ReadIndexReply':
      return message.confirmed ? 'sent: read index' : 'sent: read refused'
    case 'ForwardReply':
      return message.accepted ? 'sent: forward accepted' : 'sent: forward refused'
    default:
      return `sent: ${message.type}`
  }
}

function messageText(message: PeerMessage): string {
  if (message.type === 'InstallSnapshot') return JSON.stringify({ ...message, data: message.data.length })
  if (message.type !== 'AppendEntries') return JSON.stringify(message)
  const entries = message.entries.map(
    ({ firstIndex, lastIndex, term }) => `${firstIndex}..${lastIndex} of ${term}`,
  )
  return JSON.stringify({ ...message, entries })
}
