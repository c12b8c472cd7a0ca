// Who is in a cluster under measurement, and where each member will listen: on loopback, on ports free at that moment.
import { mkdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import type { Member } from '@riverraft/core'
import { keyFile, type TransportName } from '../names.js'

export interface PlannedMember {
  readonly member: Member
  readonly directory: string
}

export async function planMembers(
  transport: TransportName,
  nodes: number,
  directory: string,
): Promise<readonly PlannedMember[]> {
  const directories = Array.from({ length: nodes }, (_, i) => join(directory, `n${i + 1}`))
  for (const own of directories) mkdirSync(own)
  const ports = transport === 'memory' ? [] : await freePorts(nodes)
  return await Promise.all(
    directories.map(async (own, i) => ({
      member: await memberOf(transport, `n${i + 1}`, ports[i] ?? 0, own),
      directory: own,
    })),
  )
}

async function memberOf(
  transport: TransportName,
  name: string,
  port: number,
  directory: string,
): Promise<Member> {
  const role = 'voter'
  switch (transport) {
    case 'memory':
      return { id: name, address: name, role }
    case 'tcp':
      return { id: name, address: `127.0.0.1:${port}`, role }
    case 'websocket':
      return { id: name, address: `ws://127.0.0.1:${port}/raft`, role }
    case 'libp2p': {
      const { loadOrCreateKey, nodeIdOf } = await import('@riverraft/transport-libp2p')
      const id = nodeIdOf(await loadOrCreateKey(keyFile(directory)))
      return { id, address: `/ip4/127.0.0.1/tcp/${port}`, role }
    }
    default:
      return transport satisfies never
  }
}

/** Held all at once, so that they differ; somebody else may take one before it is used. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  try {
    return await Promise.all(
      servers.map(
        (server) =>
          new Promise<number>((resolve, reject) => {
            server.once('error', reject)
            server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
          }),
      ),
    )
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}
