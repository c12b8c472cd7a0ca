// Reads make rounds of their own, and a heartbeat is due later each time: what is done at heartbeats must not wait for ever.
import { expect, test } from 'vitest'
import type { LeaderState } from '../../src/consensus/index.js'
import { Solo } from '../harness/solo.js'

test.each([true, false])('who is removed and does not answer is forgotten; steady reads: %s', (reads) => {
  const a = new Solo({ consensus: { steadyLeader: true, leaseMs: 0 } }).lead()
  a.acknowledge('B', 1, 1)
  a.server.change('A B')
  a.persist()
  a.acknowledge('B', 2)
  a.persist()
  a.acknowledge('B', 3)
  const role = (): LeaderState => a.state.role as LeaderState
  for (let i = 0; i < 500; i++) {
    a.wait(10)
    if (reads) a.server.step({ type: 'RequestRead', readId: i + 10, lease: false })
    if (a.server.now >= a.server.wakeAt) a.server.step({ type: 'Tick' })
    a.acknowledge('B', 3, role().round)
  }
  expect([...role().followers.keys()]).toEqual(['B'])
})
