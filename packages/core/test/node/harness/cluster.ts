// Real nodes on virtual time, a network and disks that obey.
import type { NodeId } from '../../../src/consensus/types.js'
import { defineStateMachine } from '../../../src/node/define-state-machine.js'
import { RaftNode } from '../../../src/node/raft-node.js'
import type { NodeLimits, NodeOptions } from '../../../src/node/types.js'
import { CommandRejected, type StateMachineFactory } from '../../../src/ports/state-machine.js'
import type { Member } from '../../../src/ports/transport.js'
import { Disk, type DiskOptions } from './disk.js'
import { Network } from './network.js'
import { World } from './world.js'

/** A list of words; the result is the word's place. '!' is rejected, '*' is a bug in the machine. */
export interface Words {
  readonly words: string[]
}

export const WORDS: StateMachineFactory<string, number, Words> = defineStateMachine({
  initial: { words: [] as string[] },
  apply: ({ words }, word: string) => {
    if (word.startsWith('!')) throw new CommandRejected(`no ${word}`)
    if (word.startsWith('*')) throw new Error(`a bug: ${word}`)
    return words.push(word)
  },
})

export type WordsNode = RaftNode<string, number, Words>

export interface ClusterOptions extends NodeLimits, Pick<NodeOptions<string, number, Words>, 'leases'> {
  readonly size?: number
  /** How many of them are members at the beginning; the others are to join. */
  readonly voters?: number
  readonly seed?: number
  readonly disk?: DiskOptions
}

export class Cluster {
  readonly world: World
  readonly network: Network
  readonly ids: readonly NodeId[]
  readonly members: readonly Member[]
  readonly disks = new Map<NodeId, Disk>()
  readonly nodes = new Map<NodeId, WordsNode>()
  /** Snapshots that were installed so far. */
  installs = 0
  /** What each running process has applied. */
  readonly machines = new Map<NodeId, { readonly state: Words }>()
  /** Those of the processes that are gone, too. */
  readonly everyMachine: { readonly state: Words }[] = []
  readonly #limits: NodeLimits & Pick<ClusterOptions, 'leases'>

  private constructor({ size = 3, voters = size, seed = 1, disk, ...limits }: ClusterOptions) {
    this.world = new World(seed)
    this.network = new Network(this.world)
    this.ids = [...'ABCDEFG'].slice(0, size)
    this.members = this.ids.slice(0, voters).map((id) => ({ id, address: id, role: 'voter' }))
    for (const id of this.ids) this.disks.set(id, new Disk(this.world, disk))
    this.#limits = limits
  }

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options)
    for (const id of cluster.ids) await cluster.start(id)
    return cluster
  }

  /** Without any node running. */
  static prepare(options: ClusterOptions = {}): Cluster {
    return new Cluster(options)
  }

  async start(id: NodeId, changed: Partial<NodeOptions<string, number, Words>> = {}): Promise<WordsNode> {
    const node = await RaftNode.start<string, number, Words>({
      id,
      clusterId: 'words',
      ...(changed.join === undefined ? { members: this.members } : {}),
      join: !this.members.some((member) => member.id === id),
      transport: this.network.transport(),
      storage: this.disk(id).storage(),
      scheduler: this.world.scheduler(),
      ...this.#limits,
      ...changed,
      stateMachine: this.#watched(id, changed.stateMachine ?? WORDS),
    })
    this.nodes.set(id, node)
    node.on('SnapshotInstalled', () => this.installs++)
    return node
  }

  #watched(id: NodeId, factory: StateMachineFactory<string, number, Words>): typeof factory {
    return {
      codec: factory.codec,
      create: () => {
        const machine = factory.create()
        this.machines.set(id, machine)
        this.everyMachine.push(machine)
        return machine
      },
    }
  }

  /** The process ends without a word: nothing it would still say is heard. */
  async kill(id: NodeId): Promise<void> {
    this.network.unplug(id)
    const node = this.node(id)
    this.nodes.delete(id)
    await this.world.outcome(node.stop({ transfer: false }))
  }

  async stop(): Promise<void> {
    const stopped = [...this.nodes.values()].map((node) => node.stop({ transfer: false }))
    // A write may be on its way to a disk: time goes on until it is there.
    await this.world.outcome(Promise.all(stopped))
  }

  node(id: NodeId): WordsNode {
    return this.nodes.get(id)!
  }

  disk(id: NodeId): Disk {
    return this.disks.get(id)!
  }

  words(id: NodeId): readonly string[] {
    return this.machines.get(id)!.state.words
  }

  /** Of those among `ids` that lead, the one of the latest term. */
  leaderAmong(ids: readonly NodeId[] = this.ids): WordsNode | undefined {
    return ids
      .map((id) => this.nodes.get(id))
      .filter((node) => node?.status().role === 'leader')
      .sort((a, b) => b!.status().term - a!.status().term)[0]
  }

  /** A leader that has committed in its term and is followed by all of `ids`; the others after it. */
  async elected(ids: readonly NodeId[] = this.ids): Promise<[WordsNode, ...WordsNode[]]> {
    const settled = (): boolean => {
      const leader = this.leaderAmong(ids)?.status()
      return (
        leader !== undefined &&
        ids.every((id) => {
          const status = this.nodes.get(id)?.status()
          return (
            status?.leaderId === leader.id &&
            status.term === leader.term &&
            status.lastApplied === leader.lastIndex
          )
        })
      )
    }
    await this.world.until(`${ids.join()} follow one leader`, settled)
    const leader = this.leaderAmong(ids)!
    return [leader, ...ids.filter((id) => id !== leader.id).map((id) => this.node(id))]
  }

  /** All that run have applied all that is committed. */
  async agreed(ids: readonly NodeId[] = [...this.nodes.keys()]): Promise<void> {
    await this.elected(ids)
  }
}
