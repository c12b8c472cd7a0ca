// A table of all nodes, each asked for itself.
import { failureOf } from '../control/events.js'
import { table } from '../ui/answers.js'
import type { Child } from './child.js'
import type { DemoCluster } from './cluster.js'

const STATUS_TIMEOUT_MS = 5_000
const HEADER = ['node', 'process', 'role', 'term', 'leader', 'last', 'committed', 'applied', 'PeerId']

export async function statusTable(cluster: DemoCluster): Promise<readonly string[]> {
  return table([HEADER, ...(await Promise.all(cluster.children.map((child) => row(cluster, child))))])
}

async function row(cluster: DemoCluster, child: Child): Promise<readonly string[]> {
  const { name, pid } = child
  const peer = cluster.view(child).peer ?? ''
  if (!child.alive) return [name, String(pid), 'gone', '', '', '', '', '', peer]
  try {
    const status = await child.ask({ type: 'status' }, STATUS_TIMEOUT_MS)
    const leader = status.leaderId === null ? 'none' : cluster.nameOf(status.leaderId)
    const numbers = [status.lastIndex, status.commitIndex, status.lastApplied].map(String)
    return [name, String(pid), status.role, String(status.term), leader, ...numbers, peer]
  } catch (error) {
    return [name, String(pid), failureOf(error).code, '', '', '', '', '', peer]
  }
}
