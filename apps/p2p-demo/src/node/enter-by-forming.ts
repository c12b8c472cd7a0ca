// Over libp2p a node is its key, and finds the others; one that has formed a cluster before keeps to that.
import { createHash } from 'node:crypto'
import { access } from 'node:fs/promises'
import { RaftError } from '@riverraft/core'
import { createRaftLibp2p, type Libp2p, loadOrCreateKey } from '@riverraft/transport-libp2p'
import { createCluster } from '../form/creator.js'
import { joinCluster } from '../form/joiner.js'
import { answerAsMember } from '../form/member.js'
import type { Formed } from '../form/protocol.js'
import type { Entered, Report } from './enter.js'
import { listenAgain } from './listen-again.js'
import type { FormingOptions } from './options.js'

export async function enterByForming(
  options: FormingOptions,
  report: Report,
  signal: AbortSignal,
): Promise<Entered> {
  const libp2p = await listen(options, report)
  try {
    const formed = await form(options, libp2p, report, signal)
    const id = libp2p.peerId.toString()
    return { id, formed, transport: { name: 'libp2p', libp2p }, leave: () => leave(libp2p) }
  } catch (error) {
    await leave(libp2p)
    throw error
  }
}

/** Nothing is left to be said; closing connections politely waits half a second for a peer that is leaving as well. */
async function leave(libp2p: Libp2p): Promise<void> {
  for (const connection of libp2p.getConnections()) connection.abort(new Error('leaving'))
  await libp2p.stop()
}

async function listen(options: FormingOptions, report: Report): Promise<Libp2p> {
  const { keyFile, listen, mdns, cluster, create, home, fixedPort } = options
  const key = (await exists(keyFile)) ? 'kept' : 'new'
  const privateKey = await loadOrCreateKey(keyFile)
  const settings = { privateKey, listen: listen.toString() }
  const start = async () => {
    try {
      return await createRaftLibp2p(
        mdns ? { ...settings, mdns: { serviceTag: serviceTag(cluster) } } : settings,
      )
    } catch (cause) {
      throw new RaftError('ERR_LISTEN', `cannot listen on ${listen}: ${reasonOf(cause)}`, { cause })
    }
  }
  const libp2p = await (fixedPort ? listenAgain(start) : start())
  const addresses = libp2p.getMultiaddrs().map(String)
  // Before anybody hears of it: whoever enters this node in a list of members will look for it under this port.
  await home?.keepSettings({
    cluster,
    transport: 'libp2p',
    storage: options.storage.name,
    listen: withPortOf(addresses[0]!, listen.toString()),
  })
  const role = home?.formed !== undefined ? 'member' : create === undefined ? 'joiner' : 'creator'
  report({ type: 'listening', peer: libp2p.peerId.toString(), addresses, key, role })
  return libp2p
}

async function form(
  options: FormingOptions,
  libp2p: Libp2p,
  report: Report,
  signal: AbortSignal,
): Promise<Formed> {
  const { cluster, create, bootstrap, timeoutMs, home } = options
  if (home?.formed !== undefined) {
    const { formed } = home
    report({ type: 'continues', clusterId: formed.clusterId, members: formed.members })
    await answerAsMember(libp2p, formed)
    return formed
  }
  const keep = async (formed: Formed) => home?.keepFormed(formed)
  const common = { libp2p, cluster, signal, report, keep }
  if (create !== undefined) return createCluster({ ...common, size: create.size })
  return joinCluster({ ...common, bootstrap, timeoutMs })
}

/** Nodes of other clusters on the same network do not even hear of ours. A hash: a DNS label has 63 bytes, no dots. */
function serviceTag(cluster: string): string {
  return `riverraft-${createHash('sha256').update(cluster).digest('hex').slice(0, 16)}`
}

/** Port 0 has become a port. */
function withPortOf(actual: string, listen: string): string {
  const port = /\/tcp\/(\d+)/.exec(actual)![1]!
  return listen.replace(/\/tcp\/\d+/, `/tcp/${port}`)
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
