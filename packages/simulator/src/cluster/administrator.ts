// Whoever changes the members: asks for it, waits for the answer, and switches machines off that are not needed any more.
// Knows what the cluster can bear: a quorum is never taken away for good.
import type { MembershipChange, NodeId } from '@riverraft/core'
import { type ChangeCall, type Roles, targetsOf } from '../checkers/change-call.js'
import { isMemberOf, isQuorum, type Voters } from '../checkers/configurations.js'
import { MembershipCoverage } from './membership-coverage.js'
import type { AnyServer, Nemesis } from './nemesis.js'

/** What it may be told: any of it can happen. */
const KNOWN_CODES: ReadonlySet<string> = new Set([
  'ERR_NOT_LEADER',
  'ERR_MEMBERSHIP_CHANGED',
  'ERR_MEMBERSHIP_REFUSED',
  'ERR_OUTCOME_UNKNOWN',
  'ERR_TIMEOUT',
  'ERR_STOPPED',
  'ERR_INVALID_OPTION',
])

export interface Asked {
  readonly timeoutMs: number
  /** Hears once what came of it. */
  readonly answered?: (call: ChangeCall) => void
}

/** It has stopped, and will not come back by itself. */
function isOut({ state }: AnyServer): boolean {
  return state === 'removed' || state === 'left behind'
}

export class Administrator {
  readonly #nemesis: Nemesis
  /** Machines that nobody needs, and when they are switched off. */
  readonly #offAt = new Map<AnyServer, number>()
  /** Servers that a call speaks of. */
  readonly #awaited = new Map<AnyServer, number>()
  #open = 0

  constructor(nemesis: Nemesis) {
    this.#nemesis = nemesis
    new MembershipCoverage(nemesis.cluster)
  }

  /** Calls that have not returned. */
  get open(): number {
    return this.#open
  }

  /** Calls `server`'s changeMembership. `newcomers`: machines that are there for it. */
  ask(
    server: AnyServer,
    change: MembershipChange,
    { timeoutMs, answered }: Asked,
    newcomers: readonly AnyServer[] = [],
  ): void {
    const { world, history, observation } = this.#nemesis.cluster
    const { node, process } = server
    if (node === undefined || process === undefined) return
    const { view } = server.parts
    const targets = targetsOf(view.configuration, change)
    const call: ChangeCall = {
      node: view,
      change,
      targets,
      floor: history.committed.length,
      appended: false,
      open: true,
      code: undefined,
      membership: undefined,
    }
    history.calls.push(call)
    this.#open++
    for (const newcomer of newcomers) this.#awaited.set(newcomer, (this.#awaited.get(newcomer) ?? 0) + 1)
    const settle = (code: string): void => {
      if (!call.open) return
      call.open = false
      call.code = code
      this.#open--
      server.onDown.delete(died)
      for (const newcomer of newcomers) this.#awaited.set(newcomer, this.#awaited.get(newcomer)! - 1)
      world.coverage.hit(`change of members: ${code}`)
      observation.changed(call)
      answered?.(call)
    }
    const died = (): void => settle('process died')
    server.onDown.add(died)
    process.run(() => {
      process.openPromises++
      node.changeMembership(change, { timeoutMs }).then(
        (membership) => {
          process.openPromises--
          call.membership = membership
          settle('ok')
        },
        (error: unknown) => {
          process.openPromises--
          const { code = '' } = error as { code?: string }
          if (!KNOWN_CODES.has(code))
            world.fail('clients-get-known-errors', `changeMembership: ${String(error)}`)
          settle(code)
        },
      )
      world.touchPromises()
    })
  }

  /** It can be counted on, sooner or later. */
  #isSound(id: NodeId): boolean {
    const server = this.#nemesis.cluster.servers.find((one) => one.id === id)
    return server !== undefined && !server.isLost && !server.moving && !isOut(server)
  }

  /** All that may be in force before long, as far as anybody can know. */
  get #ahead(): Voters[] {
    const { history } = this.#nemesis.cluster
    const open = history.calls.filter((call) => call.open)
    return [...history.configurationsInPlay, ...open.flatMap(({ targets }) => targets)]
  }

  /** True when there is a quorum without `victim`, also when what is under way has been done. */
  canLose({ id }: AnyServer): boolean {
    return this.#ahead.every((voters) => isQuorum(voters, (other) => other !== id && this.#isSound(other)))
  }

  /** True when there is a quorum with those voters, in the joint phase as well. */
  canBecome(target: Roles): boolean {
    const sound = (id: NodeId): boolean => this.#isSound(id)
    return target.voters.length > 0 && [target, ...this.#ahead].every((voters) => isQuorum(voters, sound))
  }

  /** No log that may still count names it, and nobody will put it into one. */
  #isNeeded(server: AnyServer): boolean {
    const { history } = this.#nemesis.cluster
    if ((this.#awaited.get(server) ?? 0) > 0) return true
    return history.configurationsInPlay.some((configuration) => isMemberOf(configuration, server.id))
  }

  /** Every now and then: who is not needed is switched off after a while. */
  look(): void {
    const { cluster, world, tape, wiping } = this.#nemesis
    for (const server of [...cluster.servers]) {
      if (this.#isNeeded(server) || wiping) {
        this.#offAt.delete(server)
        continue
      }
      const at = this.#offAt.get(server)
      if (at === undefined) this.#offAt.set(server, world.now + 500 + 10_000 * tape.fraction())
      else if (world.now >= at) {
        this.#offAt.delete(server)
        cluster.retire(server)
        world.coverage.hit('membership: machine switched off')
      }
    }
    this.#finishMoves()
  }

  /** The others are told of a new address until they know it. */
  #finishMoves(): void {
    const { cluster, tape } = this.#nemesis
    const { leader } = cluster
    const { members = [] } = cluster.history.committedConfiguration()
    for (const server of cluster.servers) {
      if (!server.moving) continue
      const { id, address } = server
      const member = members.find((one) => one.id === id)
      if (member === undefined || member.address === address) {
        server.moving = false
        server.addresses.clear()
        server.addresses.add(address)
        continue
      }
      if (leader === undefined || this.#open > 0 || tape.below(10) > 0) continue
      const { voters, learners } = leader.parts.view.configuration
      if (!voters.includes(id) && !learners.includes(id)) continue
      const role = voters.includes(id) ? 'voter' : 'learner'
      this.ask(leader, { add: [{ id, address, role }] }, { timeoutMs: 2_000 })
    }
  }
}
