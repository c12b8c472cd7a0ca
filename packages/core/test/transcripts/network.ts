// What is under way between the servers, and who hears whom. A message is chosen by its way, its type and its place.
import type { NodeId } from '../../src/consensus/index.js'
import type { Letter } from '../harness/letter.js'
import { Mistake } from './mistake.js'

export class Network {
  /** Messages under way, oldest first. */
  pool: Letter[] = []
  /** Messages set aside under a name, for later. */
  readonly held = new Map<string, Letter[]>()
  #groups: readonly (readonly NodeId[])[] = []

  /** Only servers of one group hear each other; without groups all do. */
  partition(groups: readonly (readonly NodeId[])[]): void {
    this.#groups = groups
  }

  connected(a: NodeId, b: NodeId): boolean {
    return this.#groups.length === 0 || this.#groups.some((group) => group.includes(a) && group.includes(b))
  }

  /** Takes messages out of the pool, or those held under a name. There must be one for every way that is named. */
  take(selection: Selection): Letter[] {
    const chosen = this.find(selection)
    for (const letter of chosen) this.pool.splice(this.pool.indexOf(letter), 1)
    return chosen
  }

  find({ from, to, type, place }: Selection): Letter[] {
    const all = this.pool.filter(
      (letter) =>
        (from === '*' || letter.from === from) &&
        (to === '*' || letter.to === to) &&
        (type === undefined || letter.message.type === type),
    )
    if (all.length === 0) throw new Mistake(`no ${type ?? 'message'} is under way ${from}->${to}`)
    if (place === undefined) return all
    return place === 'first' ? all.slice(0, 1) : all.slice(-1)
  }

  takeHeld(name: string): Letter[] {
    const letters = this.held.get(name)
    if (letters === undefined) throw new Mistake(`nothing is held as ${name}`)
    this.held.delete(name)
    return letters
  }

  hold(name: string, letters: readonly Letter[]): void {
    this.held.set(name, [...(this.held.get(name) ?? []), ...letters])
  }
}

/** `*` stands for anybody. */
export interface Selection {
  readonly from: NodeId | '*'
  readonly to: NodeId | '*'
  readonly type: string | undefined
  readonly place: 'first' | 'last' | undefined
}

/**
 * `all`, or ways like `A->B B->*`, then a message type, then `first` or `last`. One selection for each way, in order:
 * the second is looked for when the first has been dealt with.
 */
export function parseSelections(words: readonly string[]): Selection[] {
  const rest = [...words]
  const ways: [string, string][] = []
  for (let word = rest[0]; word !== undefined; word = rest[0]) {
    const [from, to, ...more] = word === 'all' ? ['*', '*'] : word.split('->')
    if (!from || !to || more.length > 0) break
    ways.push([from, to])
    rest.shift()
  }
  if (ways.length === 0) throw new Mistake('which messages? `all`, or a way like A->B')
  const type = /^[A-Z]\w+$/.test(rest[0] ?? '') ? rest.shift() : undefined
  const place = rest[0] === 'first' || rest[0] === 'last' ? rest[0] : undefined
  if (place !== undefined) rest.shift()
  if (rest.length > 0) throw new Mistake(`what is "${rest.join(' ')}"?`)
  return ways.map(([from, to]) => ({ from, to, type, place }))
}
