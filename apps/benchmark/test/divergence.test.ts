// A real cluster, of which one replica is made to lie: no figure may come of it.
import { afterEach, expect, test, vi } from 'vitest'
import { Resources } from '../dist/cluster/resources.js'
import { startCluster } from '../dist/cluster/start-cluster.js'
import { ReplicasDiffer } from '../dist/run/compare.js'
import { Ledger } from '../dist/run/ledger.js'
import { measure } from '../dist/run/window.js'

const resources = new Resources()
afterEach(() => resources.release())

test('a replica with another log turns a window into an error', async () => {
  const cluster = await startCluster({ transport: 'memory', storage: 'memory', nodes: 3 }, resources)
  const reports = cluster.reports.bind(cluster)
  vi.spyOn(cluster, 'reports').mockImplementation(async (after) => {
    const [first, second, third] = await reports(after)
    return [first!, second!, { ...third!, log: { ...third!.log, sha256: 'something else' } }]
  })
  const window = { callers: 4, payloadBytes: 64, warmupMs: 50, measureMs: 100 }
  const measured = measure(cluster, new Ledger(cluster), { ...window, from: 'leader', profile: undefined })
  await expect(measured).rejects.toThrow(ReplicasDiffer)
})
