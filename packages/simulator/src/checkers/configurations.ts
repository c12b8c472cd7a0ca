// Raft §6, as the checkers know it: every configuration that any log has ever held, read from the entries' bytes, and
// majorities counted anew.
import type { EntryBlock, LogIndex, Member, NodeId, Term } from '@riverraft/core'

/** Who votes: the voters, and while joint those of the configuration before, too. */
export interface Voters {
  readonly voters: readonly NodeId[]
  readonly outgoing?: readonly NodeId[] | undefined
}

export interface KnownConfiguration extends Voters {
  /** Of its entry; 0: what the cluster began with. */
  readonly index: LogIndex
  readonly term: Term
  readonly learners: readonly NodeId[]
  /** With addresses and incarnations. Undefined: a leader has said so, and its entry is not encoded yet. */
  readonly members: readonly Member[] | undefined
}

/** A log as the checkers keep it: the term of each entry, position 0 being index 1. */
export type TermAt = (index: LogIndex) => Term | undefined

export class Configurations {
  readonly first: KnownConfiguration
  /** Newest first. */
  readonly #known: KnownConfiguration[]

  constructor(members: readonly Member[]) {
    this.first = configurationOf(0, 0, members)
    this.#known = [this.first]
  }

  /** Newest first. */
  get known(): readonly KnownConfiguration[] {
    return this.#known
  }

  /** Takes a membership entry in. Returns what contradicts what its leader has said of it. */
  learn({ members, lastIndex: index, term }: EntryBlock): string | undefined {
    if (members === undefined) return undefined
    const found = configurationOf(index, term, members)
    const at = this.#known.findIndex((one) => one.index === index && one.term === term)
    const known = this.#known[at]
    if (known === undefined) this.#insert(found)
    else if (known.members === undefined) this.#known[at] = found
    return known === undefined || sameConfiguration(known, found)
      ? undefined
      : `the configuration of ${index} is ${textOf(found)}, its leader uses ${textOf(known)}`
  }

  /** A leader says that this one is in force: it counts by it, before there are any bytes. */
  announce(
    index: LogIndex,
    term: Term,
    { voters, outgoing, learners = [] }: Voters & { readonly learners?: readonly NodeId[] },
  ): void {
    if (this.#known.some((one) => one.index === index && one.term === term)) return
    this.#insert({ index, term, voters, outgoing, learners, members: undefined })
  }

  #insert(configuration: KnownConfiguration): void {
    const at = this.#known.findIndex(({ index }) => index <= configuration.index)
    this.#known.splice(at === -1 ? this.#known.length : at, 0, configuration)
  }

  /** "a server always uses the latest configuration in its log", up to `index`. */
  inForce(index: LogIndex, termAt: TermAt): KnownConfiguration {
    for (const one of this.#known)
      if (one.index <= index && (one.index === 0 || termAt(one.index) === one.term)) return one
    return this.first
  }
}

function configurationOf(index: LogIndex, term: Term, members: readonly Member[]): KnownConfiguration {
  const ids = (test: (member: Member) => boolean): NodeId[] => members.filter(test).map(({ id }) => id)
  const outgoing = ids((member) => member.outgoing === true)
  return {
    index,
    term,
    voters: ids(({ role }) => role === 'voter'),
    outgoing: outgoing.length === 0 ? undefined : outgoing,
    learners: ids(({ role }) => role === 'learner'),
    members,
  }
}

/** True when `agrees` holds for a majority of the voters: of both halves while joint. */
export function isQuorum({ voters, outgoing = voters }: Voters, agrees: (id: NodeId) => boolean): boolean {
  return [voters, outgoing].every((half) => half.filter(agrees).length * 2 > half.length)
}

/** The largest value that a majority has reached: of both halves while joint. */
export function quorumValue({ voters, outgoing = voters }: Voters, reached: (id: NodeId) => number): number {
  const majority = (half: readonly NodeId[]): number =>
    half.map(reached).sort((a, b) => b - a)[Math.floor(half.length / 2)] ?? 0
  return Math.min(majority(voters), majority(outgoing))
}

export function isVoterOf({ voters, outgoing = [] }: Voters, id: NodeId): boolean {
  return voters.includes(id) || outgoing.includes(id)
}

export function isMemberOf(configuration: KnownConfiguration, id: NodeId): boolean {
  return isVoterOf(configuration, id) || configuration.learners.includes(id)
}

export function sameIds(a: readonly NodeId[] = [], b: readonly NodeId[] = []): boolean {
  return a.length === b.length && a.every((id) => b.includes(id))
}

export function sameConfiguration(
  a: Voters & { readonly learners?: readonly NodeId[] },
  b: Voters & { readonly learners?: readonly NodeId[] },
): boolean {
  return sameIds(a.voters, b.voters) && sameIds(a.outgoing, b.outgoing) && sameIds(a.learners, b.learners)
}

/** For messages: voters, those on their way out, learners. */
export function textOf({
  voters,
  outgoing,
  learners = [],
}: Voters & { readonly learners?: readonly NodeId[] }): string {
  const before = outgoing === undefined ? '' : ` (before: ${outgoing.join('')})`
  return `${voters.join('')}${before}${learners.length === 0 ? '' : ` and learners ${learners.join('')}`}`
}
