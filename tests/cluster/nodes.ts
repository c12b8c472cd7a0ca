// Real nodes of one process, on the transport and the storage that users get, in real time.
import {
  defineStateMachine,
  EntryKind,
  type Member,
  type NodeEventType,
  type NodeLimits,
  RaftNode,
  type Storage,
} from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { type MemoryNetwork, memoryNetwork } from '@riverraft/transport-memory'

export interface Words {
  readonly words: string[]
}

export const WORDS = defineStateMachine({
  initial: { words: [] as string[] },
  apply: ({ words }: Words, word: string) => words.push(word),
})

export type WordsNode = RaftNode<string, number, Words>

/** After each of these a condition is looked at again. */
const NEWS: readonly NodeEventType[] = [
  'Applied',
  'BecameCandidate',
  'BecameFollower',
  'BecamePreCandidate',
  'BecameLeader',
  'CommitAdvanced',
  'HelloRefused',
  'LeaderRecognized',
  'LinkDown',
  'LinkUp',
  'LogCompacted',
  'Stopped',
  'TermAdvanced',
  'WritesPersisted',
]

export class Nodes {
  readonly network: MemoryNetwork = memoryNetwork()
  readonly members: readonly Member[]
  readonly running = new Map<string, WordsNode>()
  readonly storages = new Map<string, Storage>()
  readonly #limits: NodeLimits

  constructor(ids: string, limits: NodeLimits = {}) {
    this.members = [...ids].map((id) => ({ id, address: id, role: 'voter' }))
    this.#limits = limits
  }

  static async start(ids: string, limits?: NodeLimits): Promise<Nodes> {
    const nodes = new Nodes(ids, limits)
    for (const { id } of nodes.members) await nodes.start(id)
    return nodes
  }

  async start(id: string): Promise<WordsNode> {
    const storage = memoryStorage()
    const node = await RaftNode.start({
      id,
      clusterId: 'words',
      members: this.members,
      transport: this.network.transport(),
      storage,
      stateMachine: WORDS,
      ...this.#limits,
    })
    this.running.set(id, node)
    this.storages.set(id, storage)
    return node
  }

  get all(): WordsNode[] {
    return [...this.running.values()]
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((node) => node.stop()))
  }

  /** Resolves as soon as `condition` holds: it is looked at after whatever happens on any node. */
  when(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const ends: (() => void)[] = []
      const look = (): void => {
        if (!condition()) return
        for (const end of ends) end()
        resolve()
      }
      for (const node of this.all) for (const type of NEWS) ends.push(node.on(type, () => setImmediate(look)))
      look()
    })
  }

  /** The leader that all of `nodes` follow, and that has committed in its term; then the others. */
  async elected(nodes: readonly WordsNode[] = this.all): Promise<[WordsNode, ...WordsNode[]]> {
    const leader = (): WordsNode | undefined => {
      const [first] = nodes.map((node) => node.status().leaderId)
      const found = nodes.find(({ id }) => id === first)
      const status = found?.status()
      if (status?.role !== 'leader' || status.commitIndex !== status.lastIndex) return undefined
      const follow = nodes.every((node) => {
        const { leaderId, term, lastApplied } = node.status()
        return leaderId === status.id && term === status.term && lastApplied === status.lastIndex
      })
      return follow ? found : undefined
    }
    await this.when(() => leader() !== undefined)
    const found = leader()!
    return [found, ...nodes.filter((node) => node !== found)]
  }

  /** What the machine of a node holds. */
  words(node: WordsNode): Promise<readonly string[]> {
    return node.read(({ words }) => [...words], { consistency: 'local' })
  }

  /** The log as its storage has it: `index/term word`. */
  async log(node: WordsNode): Promise<string[]> {
    const blocks = await this.storages.get(node.id)!.read(1, Number.POSITIVE_INFINITY)
    const decoder = new TextDecoder()
    return blocks.flatMap((block) =>
      [...block.entries()].map(({ index, kind, payload }) => {
        return `${index}/${block.term} ${kind === EntryKind.Noop ? 'noop' : decoder.decode(payload)}`
      }),
    )
  }
}
