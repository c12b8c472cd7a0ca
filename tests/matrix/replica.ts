// One member of the matrix' clusters: it can be lost, and started again from what its storage kept.
import {
  defineStateMachine,
  EntryKind,
  type Member,
  RaftNode,
  type Storage,
  type Transport,
} from '@riverraft/core'
import { type Switched, switched } from './isolation.js'
import type { Seat } from './parts.js'

interface State {
  readonly applied: string[]
}

type Node = RaftNode<string, number, State>

const recorder = defineStateMachine({
  initial: { applied: [] as string[] },
  apply: (state: State, command: string) => state.applied.push(command),
})

export class Replica {
  readonly member: Member
  readonly #transport: Seat<Transport>
  readonly #storage: Seat<Storage>
  #running: { node: Node; storage: Storage; link: Switched; end: () => Promise<void> } | undefined

  constructor(member: Member, transport: Seat<Transport>, storage: Seat<Storage>) {
    this.member = member
    this.#transport = transport
    this.#storage = storage
  }

  async start(members: readonly Member[]): Promise<void> {
    const { part: transport, end: endTransport } = await this.#transport.make()
    const { part: storage } = await this.#storage.make()
    const link = switched(transport)
    const { id } = this.member
    const options = { id, clusterId: 'matrix', members, storage, stateMachine: recorder }
    const node = await RaftNode.start({ ...options, transport: link.transport, requestTimeoutMs: 10_000 })
    this.#running = { node, storage, link, end: async () => void (await endTransport?.()) }
  }

  get runs(): boolean {
    return this.#running !== undefined
  }

  get node(): Node {
    return this.#running!.node
  }

  get leads(): boolean {
    return this.runs && this.node.status().role === 'leader'
  }

  set cutOff(cutOff: boolean) {
    this.#running!.link.cutOff = cutOff
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.node.stop()
    await running?.end()
  }

  /** Resolves as soon as `holds` does; looks again whenever something happens at this node. */
  async until(holds: () => boolean): Promise<void> {
    const events = this.node.events()
    if (holds()) return void (await events.return())
    for await (const _ of events) if (holds()) return
    throw new Error(`${this.member.id} stopped before it happened`)
  }

  /** The log as storage has it: index, term and content of every entry up to `through`. */
  async log(through: number): Promise<string[]> {
    const entries: string[] = []
    const text = new TextDecoder()
    while (entries.length < through) {
      const from = entries.length + 1
      const blocks = await this.#running!.storage.read(from, 1024 * 1024)
      // A follower may apply an entry before its own write of it is complete, and only complete writes are read.
      if (blocks.length === 0) await new Promise((resolve) => setImmediate(resolve))
      for (const block of blocks) {
        for (const { index, kind, payload } of block.entries(Math.max(from, entries.length + 1))) {
          entries.push(
            `${index} ${block.term} ${kind === EntryKind.Command ? text.decode(payload) : 'no-op'}`,
          )
        }
      }
    }
    return entries.slice(0, through)
  }
}
