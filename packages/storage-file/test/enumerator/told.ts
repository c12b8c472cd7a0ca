// What a storage has promised at a moment: what must be there after a crash, and what may be.

export interface Snapshot {
  readonly index: number
  readonly term: number
}

/** A replica's durable state: hard state, generation, and the entries behind `base` as 'index@term'. */
export interface Replica {
  readonly currentTerm: number
  readonly votedFor: string | undefined
  readonly generation: number
  readonly base: number
  readonly entries: readonly string[]
}

export interface Told {
  /** Undefined until an opening was answered. */
  readonly incarnation: string | undefined
  /** What was acknowledged. */
  readonly now: Replica
  /** What the batch that is under way makes of it. */
  readonly next: Replica | undefined
  readonly snapshot: Snapshot | undefined
  /** One that is being saved. */
  readonly saving: Snapshot | undefined
}

export const NOTHING: Told = {
  incarnation: undefined,
  now: { currentTerm: 0, votedFor: undefined, generation: 0, base: 0, entries: [] },
  next: undefined,
  snapshot: undefined,
  saving: undefined,
}

export function lastIndexOf({ base, entries }: Replica): number {
  return base + entries.length
}

export function entryAt({ base, entries }: Replica, index: number): string | undefined {
  return entries[index - base - 1]
}

/** Gives the log up if it lacks the snapshot's last entry: such a snapshot stands in its place. */
export function behind(replica: Replica, snapshot: Snapshot | undefined): Replica {
  if (snapshot === undefined || snapshot.index <= replica.base) return replica
  const { index, term } = snapshot
  return entryAt(replica, index) === `${index}@${term}` ? replica : { ...replica, base: index, entries: [] }
}

/** The content of a snapshot: more than a sector. */
export function stateAt(index: number): string[] {
  return [`state at ${index}`, '.'.repeat(900)]
}
