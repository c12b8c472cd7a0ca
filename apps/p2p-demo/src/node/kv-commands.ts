// Commands carried out on the key-value store of this node.
import type { Member, NodeStatus, RaftNode } from '@riverraft/core'
import { Kv, type KvCommand, type KvResult, type KvState, type KvValue } from '@riverraft/kv'
import {
  type Answer,
  type Command,
  type DemoMember,
  LISTED_MAX,
  type StatusAnswer,
} from '../control/commands.js'
import { type DemoEvent, failureOf } from '../control/events.js'
import type { LogEnd } from './opened-storage.js'

export class KvCommands {
  readonly #node: RaftNode<KvCommand, KvResult, KvState>
  readonly #kv: Kv
  readonly #report: (event: DemoEvent) => void
  #watch = new AbortController()
  /** Up to here the log is as the storage held it. */
  #keptIndex: number

  constructor(
    node: RaftNode<KvCommand, KvResult, KvState>,
    recovered: LogEnd,
    report: (event: DemoEvent) => void,
  ) {
    this.#node = node
    this.#keptIndex = recovered.lastIndex
    node.on('LogTruncated', ({ fromIndex }) => {
      this.#keptIndex = Math.min(this.#keptIndex, fromIndex - 1)
    })
    this.#kv = new Kv(node)
    this.#report = report
  }

  /** @throws RaftError: see RaftNode's propose and read */
  async execute(command: Command, timeoutMs: number): Promise<Answer> {
    const startedAt = performance.now()
    const elapsedMs = () => performance.now() - startedAt
    switch (command.type) {
      case 'put': {
        const { index, term } = await this.#kv.put(command.key, command.value, { timeoutMs })
        return { type: 'put', index, term, elapsedMs: elapsedMs() }
      }
      case 'get': {
        const entry = await this.#kv.get(command.key, { timeoutMs })
        return { type: 'get', value: textOf(entry?.value), elapsedMs: elapsedMs() }
      }
      case 'del': {
        const { index, term, deleted } = await this.#kv.delete(command.key, { timeoutMs })
        return { type: 'del', existed: deleted, index, term, elapsedMs: elapsedMs() }
      }
      case 'cas': {
        const { key, expected, value } = command
        const { index, term, succeeded, entry } = await this.#kv.cas(key, expected, value, { timeoutMs })
        const current = textOf(entry?.value)
        return { type: 'cas', swapped: succeeded, current, index, term, elapsedMs: elapsedMs() }
      }
      case 'watch':
        this.#watchFrom(command.prefix)
        return { type: 'watch', prefix: command.prefix }
      case 'list': {
        const { entries } = await this.#kv.list(command.prefix, { timeoutMs })
        const newest = entries.sort((a, b) => b.modifiedIndex - a.modifiedIndex).slice(0, LISTED_MAX)
        const shown = newest.map(({ key, value }) => ({ key, value: textOf(value) }))
        return { type: 'list', count: entries.length, newest: shown }
      }
      case 'catch-up': {
        const { index } = command
        await this.#node.read(() => {}, { consistency: 'local', minIndex: index, timeoutMs })
        const { lastApplied, lastIndex } = this.#node.status()
        return { type: 'catch-up', lastApplied, entriesReceived: lastIndex - this.#keptIndex }
      }
      case 'change': {
        const { index, members } = await this.#node.changeMembership(command.change, { timeoutMs })
        return {
          type: 'change',
          membersIndex: index,
          members: members.map(demoMember),
          elapsedMs: elapsedMs(),
        }
      }
      case 'transfer': {
        const leader = await this.#node.transferLeadership(command.to ?? undefined, { timeoutMs })
        return { type: 'transfer', leader, elapsedMs: elapsedMs() }
      }
      case 'status':
        return { type: 'status', ...statusAnswer(this.#node.status()) }
      default:
        return command satisfies never
    }
  }

  close(): void {
    this.#watch.abort()
  }

  /** One watch at a time: a new one replaces the old one. */
  #watchFrom(prefix: string | null): void {
    this.#watch.abort()
    if (prefix === null) return
    this.#watch = new AbortController()
    void this.#follow(prefix, this.#watch.signal)
  }

  async #follow(prefix: string, signal: AbortSignal): Promise<void> {
    try {
      for await (const change of this.#kv.watch({ prefix, signal })) {
        const value = change.type === 'put' ? textOf(change.value) : null
        this.#report({ type: 'changed', key: change.key, value, index: change.index })
      }
    } catch (error) {
      if (!signal.aborted) this.#report({ type: 'watch-ended', error: failureOf(error) })
    }
  }
}

function textOf(value: KvValue | undefined): string | null {
  if (value === undefined) return null
  return typeof value === 'string' ? value : `${value.length} bytes`
}

const demoMember = ({ id, address, role, incarnation }: Member): DemoMember => ({
  id,
  address,
  role,
  ...(incarnation === undefined ? {} : { incarnation }),
})

function statusAnswer(status: NodeStatus): StatusAnswer {
  const { id, clusterId, incarnation, role, term, lastIndex, commitIndex, lastApplied } = status
  const { address, membersIndex } = status
  return {
    ...{ id, clusterId, incarnation, role, term, lastIndex, commitIndex, lastApplied, address, membersIndex },
    leaderId: status.leaderId ?? null,
    members: status.members.map(demoMember),
    followers: status.followers.map(({ id, matchIndex }) => ({ id, matchIndex })),
  }
}
