// Which branches of a membership change a run has reached (Raft §6).
import type { NodeEvent } from '@riverraft/core'
import { isMemberOf, isVoterOf, type KnownConfiguration } from '../checkers/configurations.js'
import type { NodeView } from '../checkers/node-view.js'
import type { AnyCluster } from './nemesis.js'

export class MembershipCoverage {
  readonly #cluster: AnyCluster
  /** By joint configuration: who appended it. */
  readonly #begunBy = new Map<string, string>()

  constructor(cluster: AnyCluster) {
    this.#cluster = cluster
    cluster.observation.beforeEnd = (node) => this.#interrupted(node, 'crash')
    cluster.observation.before = (node, event) => this.#before(node, event)
  }

  #hit(what: string): void {
    this.#cluster.world.coverage.hit(`membership: ${what}`)
  }

  #before(node: NodeView, event: NodeEvent): void {
    switch (event.type) {
      case 'BecameFollower':
        return this.#interrupted(node, 'step down')
      case 'LogTruncated': {
        if (node.configuration.index >= event.fromIndex) this.#hit('a change was truncated')
        return
      }
      case 'SnapshotInstalled': {
        const { configurations, committed } = this.#cluster.history
        const after = configurations.inForce(event.lastIncludedIndex, (index) => committed[index - 1]?.term)
        if (after.index > node.configuration.index) this.#hit('snapshot sent across a change')
        if (after.learners.includes(node.id)) this.#hit('snapshot installed at a learner')
        if (after.outgoing !== undefined) this.#hit('snapshot of a joint configuration')
        return
      }
      case 'MembershipChanged':
        if (node.role === 'leader' && event.index === node.log.length) this.#appended(node, event)
        return
      default:
        return
    }
  }

  #appended(
    node: NodeView,
    { configuration: now }: NodeEvent & { readonly type: 'MembershipChanged' },
  ): void {
    const before = node.configuration
    const { learners = [] } = now
    const place = `${before.index} ${before.term}`
    if (now.outgoing !== undefined) {
      this.#hit('joint begun')
      this.#begunBy.set(`${node.log.length} ${node.term}`, node.name)
      if (!now.voters.includes(node.id)) this.#hit('a leader removes itself')
    } else if (before.outgoing !== undefined) {
      this.#hit('joint left')
      const isNew = (id: string): boolean => before.outgoing?.includes(id) === false
      const lost = removedBetween(before, now).filter((id) => this.#cluster.history.view(id).wiped)
      if (lost.length > 0 && before.voters.some(isNew)) this.#hit('wiped server replaced by a new member')
      if (this.#begunBy.get(place) !== node.name) this.#hit('joint left by a successor')
    } else this.#hit('changed by one entry')
    const { members } = this.#cluster.history.configurations.first
    const isFirst = (id: string): boolean => members?.some((member) => member.id === id) === true
    for (const id of now.voters) {
      if (before.voters.includes(id)) continue
      this.#hit(before.learners.includes(id) ? 'learner promoted' : 'voter added')
      if (isFirst(id)) this.#hit('one of the first is a voter again')
    }
    for (const id of learners) {
      if (isVoterOf(before, id) && before.outgoing === undefined) this.#hit('voter demoted')
      if (!isMemberOf(before, id)) this.#hit('learner added')
      if (!isMemberOf(before, id) && this.#cluster.history.view(id)?.former !== undefined)
        this.#hit('a removed server came back under its old id')
    }
    for (const id of removedBetween(before, now)) {
      this.#hit('member removed')
      if (this.#cluster.history.view(id)?.wiped) this.#hit('wiped server removed')
    }
  }

  /** A leader goes while a change of the voters is under way. */
  #interrupted(node: NodeView, by: 'crash' | 'step down'): void {
    if (node.role !== 'leader') return
    const { configuration } = node
    const { history } = this.#cluster
    const { committed, configurations } = history
    const isCommitted = ({ index, term }: KnownConfiguration): boolean => committed[index - 1]?.term === term
    const joint =
      configuration.outgoing === undefined
        ? configurations.inForce(configuration.index - 1, (index) => node.log[index - 1])
        : configuration
    if (joint.outgoing === undefined) return
    if (!isCommitted(joint)) return this.#hit(`joint interrupted before C_old,new is committed: ${by}`)
    if (joint === configuration || isCommitted(configuration)) return
    const { index, term } = configuration
    const isDurable = [...history.views.values()].some((view) => view.durableTermAt(index) === term)
    if (isDurable) this.#hit(`joint interrupted before C_new is committed: ${by}`)
    else this.#hit('joint interrupted before C_new is on any disk')
  }
}

function removedBetween(
  before: KnownConfiguration,
  now: {
    readonly voters: readonly string[]
    readonly outgoing?: readonly string[]
    readonly learners?: readonly string[]
  },
): string[] {
  const { voters, outgoing = [], learners = [] } = now
  const those = new Set([...voters, ...outgoing, ...learners])
  return [...before.voters, ...(before.outgoing ?? []), ...before.learners].filter((id) => !those.has(id))
}
