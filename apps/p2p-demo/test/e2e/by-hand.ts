// What the tests of nodes that people start one by one have in common.
import { resolve } from 'node:path'
import { expect } from 'vitest'
import { freePorts } from '../../src/up/free-ports.js'
import { freshDirectory, type Program, start } from './programs.js'

/** Not a secret that any cluster has. */
export const WRONG: { readonly RIVERRAFT_SECRET: string } = {
  RIVERRAFT_SECRET: 'not the secret of any cluster',
}

export const KNOWS_LEADER: RegExp = /is elected leader of term|follows .*, leader of term/
export const IS_VOTER: RegExp = /is a voter now/

export interface ByHand {
  readonly creator: Program
  /** Where others join it. */
  readonly address: string
  readonly secretFile: string
}

/** Creates cluster "garden" over libp2p; returns with the address that it shows to those who want to join. */
export async function createByHand(...args: readonly string[]): Promise<ByHand> {
  const directory = freshDirectory()
  const creator = start(['node', '--cluster', 'garden', '--create', ...args], directory)
  const [, file] = await creator.seen(/with the secret in (\S+):/)
  const [, address] = await creator.seen(
    /--join (\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/\w+) --secret-file <file>\n/,
  )
  return { creator, address: address!, secretFile: resolve(directory, file!) }
}

/** The command of a node that joins over libp2p. */
export const joining = ({ address, secretFile }: ByHand, ...more: readonly string[]): readonly string[] => [
  ...['node', '--cluster', 'garden', '--join', address, '--secret-file', secretFile],
  ...more,
]

/** The commands of a creator `a` and of joiners `b`, `c`, ... over tcp or websocket. */
export async function named(
  transport: 'tcp' | 'websocket',
  count: number,
): Promise<{
  readonly create: readonly string[]
  readonly join: readonly (readonly string[])[]
  readonly addresses: readonly string[]
}> {
  const ports = await freePorts(count)
  const addresses = ports.map((port) =>
    transport === 'tcp' ? `127.0.0.1:${port}` : `ws://127.0.0.1:${port}/`,
  )
  const commands = addresses.map((address, at) => [
    ...['node', '--cluster', 'garden', '--transport', transport],
    ...['--id', 'abcdefg'[at]!, '--listen', address],
    ...(at === 0 ? ['--create'] : ['--join', addresses[0]!]),
  ])
  const [create, ...join] = commands
  return { create: create!, join, addresses }
}

/** Types a line where the leader is, wherever it moves meanwhile; resolves with the node that has carried it out. */
export async function atLeader(nodes: readonly Program[], line: string, answer: RegExp): Promise<Program> {
  while (true) {
    const leader = await leaderOf(nodes)
    const [said] = await leader.ask(line, /(committed:|\w leads|ERR_\w+).*\n/)
    if (said.includes('ERR_NOT_LEADER')) continue
    expect(said).toMatch(answer)
    return leader
  }
}

/** Types a line again and again until what is said matches; `any` is the end of every answer to it. */
export async function askUntil(node: Program, line: string, any: RegExp, wanted: RegExp): Promise<void> {
  let said = ''
  while (!wanted.test(said)) said = (await node.ask(line, any))[0]
}

export async function leaderOf(nodes: readonly Program[]): Promise<Program> {
  while (true) {
    for (const node of nodes) {
      const [, role] = await node.ask('status', /role +(\w+) in term/)
      if (role === 'leader') return node
    }
  }
}
