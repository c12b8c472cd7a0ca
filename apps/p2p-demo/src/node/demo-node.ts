// One demo node: a libp2p node that forms a cluster, and then Raft with a key-value store on it.
import { access } from 'node:fs/promises'
import { RaftError, RaftNode } from '@riverraft/core'
import { type KvCommand, type KvResult, type KvState, kv } from '@riverraft/kv'
import { createRaftLibp2p, type Libp2p, loadOrCreateKey } from '@riverraft/transport-libp2p'
import type { Answer, Command } from '../control/commands.js'
import type { DemoEvent } from '../control/events.js'
import { createCluster } from '../form/creator.js'
import { joinCluster } from '../form/joiner.js'
import type { Formed } from '../form/protocol.js'
import { chooseStorage, chooseTransport } from './choices.js'
import { KvCommands } from './kv-commands.js'
import { type DemoNodeOptions, serviceTag } from './options.js'
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
    const libp2p = await this.#listen()
    try {
      const formed = await this.#form(libp2p)
      await this.#runRaft(libp2p, formed)
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error
    } finally {
      await libp2p.stop()
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

  async #listen(): Promise<Libp2p> {
    const { keyFile, listen, mdns, cluster, create } = this.#options
    const key = (await exists(keyFile)) ? 'kept' : 'new'
    const privateKey = await loadOrCreateKey(keyFile)
    const settings = { privateKey, listen: listen.toString() }
    let libp2p: Libp2p
    try {
      libp2p = await createRaftLibp2p(
        mdns ? { ...settings, mdns: { serviceTag: serviceTag(cluster) } } : settings,
      )
    } catch (cause) {
      throw new RaftError('ERR_LISTEN', `cannot listen on ${listen}: ${reasonOf(cause)}`, { cause })
    }
    const role = create === undefined ? 'joiner' : 'creator'
    const addresses = libp2p.getMultiaddrs().map(String)
    this.#report({ type: 'listening', peer: libp2p.peerId.toString(), addresses, key, role })
    return libp2p
  }

  #form(libp2p: Libp2p): Promise<Formed> {
    const { cluster, create, bootstrap, timeoutMs } = this.#options
    const common = { libp2p, cluster, signal: this.#stop.signal, report: this.#report }
    if (create !== undefined) return createCluster({ ...common, size: create.size })
    return joinCluster({ ...common, bootstrap, timeoutMs })
  }

  async #runRaft(libp2p: Libp2p, { clusterId, members }: Formed): Promise<void> {
    const raft: Raft = await RaftNode.start({
      id: libp2p.peerId.toString(),
      clusterId,
      members,
      transport: chooseTransport(libp2p),
      storage: chooseStorage(),
      stateMachine: kv(),
    })
    const commands = new KvCommands(raft, this.#report)
    this.#commands = commands
    reportRaft(raft, this.#report)
    const onStop = () => void raft.stop()
    this.#stop.signal.addEventListener('abort', onStop)
    if (this.#stop.signal.aborted) onStop()
    const failure = await raft.closed
    commands.close()
    if (failure !== undefined) throw failure
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

/** libp2p wraps what the system said into advice about its own configuration, and a stack. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const [first = message] = message.split('\n')
  return /\b(E[A-Z]+: .*)/.exec(message)?.[1] ?? first
}
