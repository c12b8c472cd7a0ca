// One demo node: it becomes a member of a cluster, and then runs Raft with a key-value store on it.
import { RaftError, RaftNode } from '@riverraft/core'
import { type KvCommand, type KvResult, type KvState, kv } from '@riverraft/kv'
import type { Answer, Command } from '../control/commands.js'
import type { DemoEvent } from '../control/events.js'
import { chooseStorage, chooseTransport } from './choices.js'
import { type Entered, enter } from './enter.js'
import { KvCommands } from './kv-commands.js'
import { listenAgain } from './listen-again.js'
import { OpenedStorage } from './opened-storage.js'
import type { DemoNodeOptions } from './options.js'
import { reportRaft } from './report-raft.js'

type Raft = RaftNode<KvCommand, KvResult, KvState>

export class DemoNode {
  readonly #options: DemoNodeOptions
  readonly #report: (event: DemoEvent) => void
  readonly #stop = new AbortController()
  #commands: KvCommands | undefined

  constructor(options: DemoNodeOptions, report: (event: DemoEvent) => void) {
    this.#options = options
    this.#report = report
  }

  /**
   * Runs until `stop` is called (resolves) or the node fails.
   * @throws RaftError ERR_JOIN_REFUSED, ERR_TIMEOUT, ERR_LISTEN, ERR_INVALID_OPTION, or why Raft failed stop
   */
  async run(): Promise<void> {
    try {
      const entered = await enter(this.#options, this.#report, this.#stop.signal)
      try {
        await this.#runRaft(entered)
      } finally {
        await entered.leave()
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error
    }
  }

  stop(): void {
    this.#stop.abort()
  }

  /** @throws RaftError: see RaftNode's propose and read; ERR_TIMEOUT while the cluster is still forming */
  async execute(command: Command, timeoutMs: number): Promise<Answer> {
    if (this.#commands === undefined) throw new RaftError('ERR_TIMEOUT', 'the cluster is still forming')
    return this.#commands.execute(command, timeoutMs)
  }

  async #runRaft(entered: Entered): Promise<void> {
    const { raft, storage } = await listenAgain(() => this.#start(entered))
    const { recovered } = storage
    const commands = new KvCommands(raft, recovered, this.#report)
    this.#commands = commands
    if (this.#options.transport !== 'libp2p') {
      this.#report({ type: 'listening', peer: raft.id, addresses: [raft.status().address], role: 'member' })
    }
    reportRaft(raft, { storage: this.#options.storage.name, recovered }, this.#report)
    const onStop = () => void raft.stop()
    this.#stop.signal.addEventListener('abort', onStop)
    if (this.#stop.signal.aborted) onStop()
    const failure = await raft.closed
    commands.close()
    if (failure !== undefined) throw failure
  }

  async #start({ id, formed, transport }: Entered): Promise<{ raft: Raft; storage: OpenedStorage }> {
    const { clusterId, members } = formed
    const storage = new OpenedStorage(await chooseStorage(this.#options.storage, clusterId, id))
    const raft = await RaftNode.start({
      id,
      clusterId,
      members,
      join: !members.some((member) => member.id === id),
      transport: await chooseTransport(transport),
      storage,
      stateMachine: kv(),
    })
    return { raft, storage }
  }
}
