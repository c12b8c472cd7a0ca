// A cluster that others ask to be let into.
import type { NodeOptions } from '../../../src/node/types.js'
import { Cluster, type ClusterOptions, type Words, type WordsNode } from './cluster.js'
import { watch } from './world.js'

export type Options = NodeOptions<string, number, Words>

export const SECRET = 'the secret of these words'

export let cluster: Cluster

export const stop = (): Promise<void> | undefined => cluster?.stop()

export function prepare(options: ClusterOptions): void {
  cluster = Cluster.prepare(options)
}

/** Whatever the links to `id` carry is lost; who knocks is heard. */
export function deafen(id: string): void {
  cluster.network.judge = ({ to }) => (to === id ? 'drop' : 'pass')
}

/** `founders` of `size` nodes have a secret and a leader; the others do not run yet. */
export async function start(size: number, founders = 1, options: ClusterOptions = {}): Promise<WordsNode> {
  cluster = Cluster.prepare({ size, voters: founders, ...options })
  const ids = cluster.ids.slice(0, founders)
  for (const id of ids) await cluster.start(id, { joinSecret: SECRET })
  const [leader] = await cluster.elected(ids)
  return leader
}

export function join(
  id: string,
  via: string | readonly string[],
  changed: Partial<Options> = {},
): Promise<WordsNode> {
  const given = typeof changed.join === 'object' ? changed.join : {}
  return cluster.start(id, { joinSecret: SECRET, ...changed, join: { via: [...via], ...given } })
}

export async function joined(
  id: string,
  via: string | readonly string[],
  changed?: Partial<Options>,
): Promise<WordsNode> {
  const node = await cluster.world.outcome(join(id, via, changed))
  await cluster.world.outcome(node.joined)
  return node
}

export const roles = (node: WordsNode): string =>
  node
    .status()
    .members.map(({ id, role, outgoing }) => `${id} ${role}${outgoing ? ' outgoing' : ''}`)
    .sort()
    .join(', ')

export const failure = async (promise: Promise<unknown>): Promise<string> => {
  const seen = watch(promise)
  await cluster.world.until('it is decided', () => seen.state !== 'pending')
  const { code, message } = seen.value as { code: string; message: string }
  return `${code}: ${message}`
}
