// One machine of the cluster: its disk and its clock stay, processes come and go on it.
import {
  type LeaseOptions,
  type Member,
  type NodeLimits,
  RaftError,
  RaftNode,
  type StateMachineFactory,
} from '@riverraft/core'
import type { NodeView } from '../checkers/node-view.js'
import { OBSERVED_EVENTS, type Observation } from '../checkers/observation.js'
import type { Disk } from '../disk/disk.js'
import { ObservedStorage } from '../disk/observed-storage.js'
import type { Network } from '../network/network.js'
import { SimulatedTransport } from '../network/transport.js'
import type { Clock } from '../world/clock.js'
import { Process } from '../world/process.js'
import { seededRandom } from '../world/random.js'
import type { World } from '../world/world.js'
import type { LeaderJobs } from './leader-jobs.js'
import { type Attempted, recordedMachine } from './recorded-machine.js'

export const CLUSTER_ID = 'simulation'

/**
 * 'refused': its disk was wiped, so that the others do not let it in, or damaged, so that it does not start. For good.
 * 'removed': it has learned that it is no member any more. 'retired': its machine is gone.
 * 'left behind': the cluster was recovered without it; 'set aside': whoever recovers it is at work on its disk.
 */
export type ServerState =
  | 'down'
  | 'starting'
  | 'up'
  | 'stopping'
  | 'refused'
  | 'removed'
  | 'retired'
  | 'left behind'
  | 'set aside'

export interface ServerParts<Command, Result, State> {
  readonly id: string
  readonly position: number
  readonly seed: number
  readonly world: World
  readonly network: Network
  readonly observation: Observation
  readonly leaderJobs: LeaderJobs
  readonly view: NodeView
  readonly disk: Disk
  readonly clock: Clock
  readonly members: readonly Member[]
  /** Of the cluster that it is to join, as it is when the machine is bought. */
  readonly generation: number
  readonly limits: NodeLimits
  readonly leases: LeaseOptions | undefined
  readonly stateMachine: StateMachineFactory<Command, Result, State>
}

export class Server<Command, Result, State> {
  readonly parts: ServerParts<Command, Result, State>
  state: ServerState = 'down'
  node: RaftNode<Attempted<Command>, Result, State> | undefined
  process: Process | undefined
  /** The machine of the present process. */
  machine: { readonly state: State } | undefined
  /** Milliseconds that each apply takes at present. */
  applyMs = 0
  /** Milliseconds that restoring a snapshot takes at present. */
  restoreMs = 0
  boots = 0
  /** What an empty disk is to be formatted with: whoever puts a new one in names the cluster as it is by then. */
  generation: number
  /** Its disk was damaged: refusing to start is right. */
  rotten = false
  /** Where its next process listens. */
  address: string
  /** Where it can be reached: for a while perhaps also where it was before. */
  readonly addresses: Set<string>
  readonly #everywhere: Set<string>
  /** It has another address than the others know, as far as they do. */
  moving = false
  /** Clients that wait for this process: they learn that it is gone. */
  readonly onDown: Set<() => void> = new Set()

  constructor(parts: ServerParts<Command, Result, State>) {
    this.parts = parts
    this.generation = parts.generation
    this.address = parts.id
    this.addresses = new Set([parts.id])
    this.#everywhere = new Set([parts.id])
  }

  get id(): string {
    return this.parts.id
  }

  /** `crash`: it will not live long. */
  start(crash?: { readonly calls: number; readonly after: boolean }): void {
    if (this.state !== 'down') return
    const { id, position, seed, world, network, observation, disk, clock, members, limits, leases, view } =
      this.parts
    const { generation } = this
    this.state = 'starting'
    this.boots++
    const process = new Process(world, clock, seededRandom(seed, position + 1, this.boots))
    const place = { address: this.address, addresses: this.addresses }
    const transport = new SimulatedTransport(network, process, place)
    this.process = process
    if (crash !== undefined) process.crashAt(crash.calls, crash.after)
    process.onDeath = () => {
      transport.crashed()
      disk.crash()
      this.#gone('down')
    }
    process.openPromises++
    world.touchPromises()
    const started = RaftNode.start<Attempted<Command>, Result, State>({
      id,
      clusterId: CLUSTER_ID,
      members,
      ...(members.some((member) => member.id === id) ? {} : { join: true, generation }),
      transport,
      storage: new ObservedStorage(disk.storage(process), process, observation.storage(view)),
      stateMachine: this.#machine(process),
      scheduler: process,
      ...(leases === undefined ? {} : { leases }),
      ...limits,
    })
    started.then(
      (node) => this.#started(node, process),
      (error: unknown) => {
        process.openPromises--
        this.#stopped(process, error)
      },
    )
  }

  #machine(process: Process): StateMachineFactory<Attempted<Command>, Result, State> {
    const { id, observation, stateMachine } = this.parts
    return recordedMachine(stateMachine, {
      created: (machine) => {
        this.machine = machine
      },
      applying: () => {
        if (this.applyMs > 0) process.spend(this.applyMs)
      },
      restoring: () => this.#spendRestoring(process),
      applied: (command) => {
        if (process.alive) observation.applied(id, command)
      },
    })
  }

  async #spendRestoring(process: Process): Promise<void> {
    if (this.restoreMs === 0) return
    const end = process.now() + this.restoreMs
    // What happens in this process may settle it.
    process.openPromises++
    await new Promise<void>((resolve) => process.wakeAt(end, resolve))
    process.openPromises--
  }

  #started(node: RaftNode<Attempted<Command>, Result, State>, process: Process): void {
    process.openPromises--
    if (!process.alive) return
    this.state = 'up'
    this.node = node
    const { id, observation } = this.parts
    for (const type of OBSERVED_EVENTS) {
      node.on(type, (event) => {
        if (process.alive) observation.event(id, event)
      })
    }
    this.parts.leaderJobs.watch(node, process, this.parts.view)
    void node.closed.then((error) => this.#stopped(process, error))
  }

  /** Ends it as an operator would: every open request is answered, then the process ends. */
  stop(): void {
    const { node, process } = this
    if (node === undefined || process === undefined) return
    this.state = 'stopping'
    process.openPromises++
    this.parts.world.touchPromises()
    void node.stop().then(() => process.openPromises--)
  }

  /** The node ended by itself: only for reasons that we gave it. */
  #stopped(process: Process, error: unknown): void {
    if (!process.alive) return
    const { world, id } = this.parts
    if (error === undefined && this.state === 'stopping') {
      // What it answered last is still on its way to its clients.
      world.after(1, () => process.kill())
      return
    }
    const code = error instanceof RaftError ? error.code : String(error)
    world.coverage.hit(`stopped: ${code}`)
    this.parts.observation.stopped(this.parts.view, code)
    const damaged = this.rotten && code === 'ERR_STORAGE_CORRUPT'
    // Of a batch that does not fit the log no disk is guilty.
    const failed = code === 'ERR_STORAGE' && !describe(error).includes('wrong batch')
    const removed = code === 'ERR_REMOVED'
    const recovered = code === 'ERR_CLUSTER_RECOVERED'
    const { wiped, former } = this.parts.view
    const refused = code === 'ERR_INCARNATION_CHANGED' || (recovered && wiped)
    // It came back under an id of which somebody did not know yet that it was removed: later it is welcome.
    const tooEarly = refused && former !== undefined && !wiped
    if (tooEarly) world.coverage.hit('membership: came back too early')
    const wanted = failed || damaged || removed || recovered || refused
    if (!wanted) world.fail('no-unexpected-stop', `${id} stopped: ${describe(error)}`)
    process.kill()
    if ((refused && !tooEarly) || damaged) this.state = 'refused'
    else if (removed) this.state = 'removed'
    else if (recovered) this.state = 'left behind'
  }

  /** The process dies at once; nothing it would still do happens. */
  crash(): void {
    this.process?.kill()
  }

  #gone(state: ServerState): void {
    this.state = state
    this.node = undefined
    this.process = undefined
    this.parts.observation.ended(this.parts.view)
    this.parts.world.touchPromises()
    const waiting = [...this.onDown]
    this.onDown.clear()
    for (const told of waiting) told()
  }

  /** From the next process on it listens elsewhere. */
  move(address: string, keepsTheOld: boolean): void {
    if (!keepsTheOld) this.addresses.clear()
    this.address = address
    this.addresses.add(address)
    this.#everywhere.add(address)
    this.moving = true
  }

  /** It can be reached wherever it ever was. */
  moved(): void {
    for (const address of this.#everywhere) this.addresses.add(address)
    this.moving = false
  }

  /** It will not be of use to its cluster any more. */
  get isLost(): boolean {
    return this.state === 'refused' || this.rotten || this.parts.view.wiped
  }

  get isUp(): boolean {
    return this.state === 'up'
  }
}

/** With what caused it, without stacks: the same run says the same. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = error instanceof RaftError ? `${error.code} ` : ''
  return `${code}${error.message}${error.cause === undefined ? '' : ` because: ${describe(error.cause)}`}`
}
