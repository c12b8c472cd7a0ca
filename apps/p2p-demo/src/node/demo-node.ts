// One demo node: it creates a cluster, joins one or comes back to it, and runs Raft with a key-value store on it.
import { hasCode, RaftError, RaftNode } from '@riverraft/core'
import { type KvCommand, type KvResult, type KvState, kv } from '@riverraft/kv'
import type { Answer, Command } from '../control/commands.js'
import type { DemoEvent } from '../control/events.js'
import { chooseStorage } from './choices.js'
import { KvCommands } from './kv-commands.js'
import { listenAgain } from './listen-again.js'
import { OpenedStorage } from './opened-storage.js'
import type { DemoNodeOptions } from './options.js'
import { reportRaft } from './report-raft.js'
import { type Settled, settle } from './settle.js'

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
   * @throws RaftError ERR_JOIN_REFUSED, ERR_TIMEOUT, ERR_LISTEN, ERR_INVALID_OPTION, ERR_REMOVED, or why Raft failed stop
   */
  async run(): Promise<void> {
    try {
      const settled = await settle(this.#options, this.#report)
      try {
        await this.#runRaft(settled)
      } finally {
        await settled.leave()
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error
    }
  }

  stop(): void {
    this.#stop.abort()
  }

  /** @throws RaftError: see RaftNode; ERR_TIMEOUT before it is let into its cluster */
  async execute(command: Command, timeoutMs: number): Promise<Answer> {
    if (this.#commands === undefined) {
      throw new RaftError('ERR_TIMEOUT', 'this node has not been let into the cluster yet')
    }
    return this.#commands.execute(command, timeoutMs)
  }

  async #runRaft(settled: Settled): Promise<void> {
    const { storage: choice } = this.#options
    const { raft, storage } = await listenAgain(() => this.#start(settled))
    const { recovered } = storage
    const commands = new KvCommands(raft, recovered, this.#report)
    this.#commands = commands
    reportRaft(raft, { storage: choice.name, recovered }, this.#report)
    this.#keepMembers(raft)
    const onStop = () => void raft.stop()
    this.#stop.signal.addEventListener('abort', onStop)
    if (this.#stop.signal.aborted) onStop()
    try {
      const failure = await this.#live(raft)
      if (hasCode(failure, 'ERR_REMOVED')) await this.#options.home?.change({ standing: 'removed' })
      if (failure !== undefined) throw failure
    } finally {
      commands.close()
      await raft.stop()
    }
  }

  /** Resolves with why it failed, when it has stopped. @throws RaftError when it did not become a member */
  async #live(raft: Raft): Promise<RaftError | undefined> {
    const { entry, home } = this.#options
    try {
      if (entry === 'join') await raft.joined
      if (entry !== 'return') await home?.change({ standing: 'member' })
      if (entry === 'join') this.#report({ type: 'joined', peer: raft.id, role: 'voter', self: true })
    } catch (error) {
      // The node has stopped meanwhile, and knows a better reason.
      if (!hasCode(error, 'ERR_STOPPED')) throw error
    }
    return raft.closed
  }

  async #start(settled: Settled): Promise<{ raft: Raft; storage: OpenedStorage }> {
    const { cluster: clusterId, secret, storage: choice } = this.#options
    const { id } = settled
    const entry = await this.#entry(settled)
    const transport = await settled.transport()
    const storage = new OpenedStorage(await chooseStorage(choice, clusterId, id))
    const raft = await RaftNode.start({
      ...{ id, clusterId, transport, storage, stateMachine: kv() },
      ...entry,
      ...(secret === undefined ? {} : { joinSecret: secret.text }),
    })
    return { raft, storage }
  }

  async #entry({ id, address, via, untilFound }: Settled) {
    const { entry, timeoutMs } = this.#options
    const { signal } = this.#stop
    switch (entry) {
      case 'create':
        return { members: [{ id, address, role: 'voter' as const }] }
      case 'join':
        await untilFound(signal)
        this.#report({ type: 'asks', via })
        return { join: { via, timeoutMs, signal } }
      case 'return':
        // It is what its log says, and asks for nothing. With an empty log it is told what that means.
        return {
          join: { via: via.length > 0 ? via : [address], role: 'learner' as const, timeoutMs, signal },
        }
      default:
        return entry satisfies never
    }
  }

  /** Whom to ask when this node comes back. */
  #keepMembers(raft: Raft): void {
    const { home } = this.#options
    if (home === undefined) return
    const keep = () => {
      const others = raft.members.filter(({ id }) => id !== raft.id).map(({ address }) => address)
      void home.change({ via: others }).catch(() => undefined)
    }
    keep()
    raft.on('MembershipChanged', keep)
  }
}
