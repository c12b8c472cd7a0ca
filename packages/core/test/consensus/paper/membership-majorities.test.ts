// Raft §6, thesis §4.3, §4.2.3, §4.2.4: what majorities of successive configurations decide, whoever dies in between.
import { describe, expect, test } from 'vitest'
import { mayFollow } from '../../../src/consensus/configuration.js'
import type { Configuration } from '../../../src/consensus/index.js'
import { isQuorum, quorumIndex } from '../../../src/consensus/quorum.js'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const consensus = { steadyLeader: true }
const { heartbeatMs, electionTimeoutMsMax } = OPTIONS
const SERVERS = [...'ABCDE']

/** All sets of these servers. */
const subsets = Array.from({ length: 2 ** SERVERS.length }, (_, bits) =>
  SERVERS.filter((_id, i) => (bits >> i) & 1),
)

const decides = (configuration: Configuration, servers: readonly string[]): boolean =>
  isQuorum(configuration, (id) => servers.includes(id))

describe('"there is no time when C_old and C_new can both make unilateral decisions"', () => {
  test('whoever follows whom: any two sets of servers that decide have a server in common', () => {
    const all: Configuration[] = subsets
      .slice(1)
      .flatMap((voters) => [{ voters }, ...subsets.slice(1).map((outgoing) => ({ voters, outgoing }))])
    const apart: string[] = []
    let followed = 0
    for (const before of all) {
      for (const after of all) {
        if (!mayFollow(before, after)) continue
        followed++
        for (const some of subsets) {
          const others = SERVERS.filter((id) => !some.includes(id))
          if (decides(before, some) && decides(after, others))
            apart.push(JSON.stringify([before, after, some]))
        }
      }
    }
    expect(apart).toEqual([])
    // Each set with itself, each with a joint one, and each joint one with what comes of it.
    expect(followed).toBe(31 + 31 * 31 + 31 * 31)
  })

  test('without the joint configuration between them they could: that step is not taken', () => {
    const [before, after] = [{ voters: ['A', 'B', 'C'] }, { voters: ['C', 'D', 'E'] }]
    expect(decides(before, ['A', 'B']) && decides(after, ['D', 'E'])).toBe(true)
    expect(mayFollow(before, after)).toBe(false)
  })
})

describe('"agreement requires both 2 of the 3 servers in the old configuration and 5 of the 9 servers in the new configuration" (thesis §4.3)', () => {
  const outgoing = ['A', 'B', 'C']
  const voters = [...'ABCDEFGHI']
  const joint: Configuration = { voters, outgoing }

  test.each([
    ['AB', 'ABDEF', true],
    ['two of the old ones and four', 'ABDE', false],
    ['one of the old ones and all new ones', 'ADEFGHI', false],
    ['all new ones alone', 'DEFGHI', false],
    ['all old ones alone', 'ABC', false],
  ])('%s', (_, servers, agreed) => {
    expect(decides(joint, [...servers])).toBe(agreed)
    expect(quorumIndex(joint, (id) => (servers.includes(id) ? 7 : 3))).toBe(agreed ? 7 : 3)
  })
})

test('"joint consensus allows the cluster to continue servicing client requests throughout the configuration change"', () => {
  const cluster = new Cluster({ size: 5, voters: 3, consensus })
  const a = cluster.elect('A')
  a.change('A B C', 'D E')
  cluster.run(electionTimeoutMsMax)
  a.change('A D E')
  cluster.propose('A', 'while it is joint')
  let inJoint = 0
  while (cluster.pool.length > 0) {
    cluster.deliver(cluster.pool[0]!)
    if (a.state.configuration.outgoing !== undefined) inJoint++
    else if (a.state.log.lastIndex === a.state.commitIndex + 1) break
  }
  expect(inJoint).toBeGreaterThan(0)
  const read = cluster.read('A')
  cluster.propose('A', 'while C_new is not committed')
  cluster.run(heartbeatMs)
  expect(a.state.configuration).toEqual({ voters: ['A', 'D', 'E'], learners: [] })
  expect(a.answered.get(read)).toBeGreaterThan(0)
  for (const id of 'ADE') {
    expect(cluster.log(id)).toEqual(
      expect.arrayContaining(['while it is joint', 'while C_new is not committed']),
    )
  }
})

describe('"a new leader may be chosen under either C_old or C_old,new": C and B make way for D and E, and the leader dies', () => {
  const reached = new Set<string>()
  const became = new Set<string>()

  test.each(Array.from({ length: 19 }, (_, i) => i))(
    'etcd#12136: after %i messages: the others agree on one configuration that is not joint, and go on',
    (messages) => {
      const cluster = new Cluster({ size: 5, voters: 3, consensus })
      const a = cluster.elect('A')
      a.change('A B C', 'D E')
      cluster.run(electionTimeoutMsMax)
      a.change('C D E')
      for (let i = 0; i < messages && cluster.pool.length > 0; i++) cluster.deliver(cluster.pool[0]!)
      const { voters, outgoing } = a.state.configuration
      reached.add(outgoing ? 'C_old,new' : voters.join(''))
      a.crash()
      // What was under way is lost with it.
      cluster.pool = []
      cluster.run(6 * electionTimeoutMsMax)
      const leader = cluster.elect()
      cluster.propose(leader.id, 'x')
      cluster.run(2 * heartbeatMs)
      const { configuration } = leader.state
      expect(configuration.outgoing).toBeUndefined()
      expect(['ABC', 'CDE']).toContain(configuration.voters.join(''))
      // C_new is only appended when C_old,new is committed: from then on there is no way back.
      if (outgoing === undefined) expect(configuration.voters).toEqual(['C', 'D', 'E'])
      became.add(configuration.voters.join(''))
      for (const id of configuration.voters) {
        if (id === 'A') continue
        expect(cluster.server(id).state.configuration, id).toEqual(configuration)
        expect(cluster.log(id).at(-1)).toBe('x')
      }
    },
  )

  test('both ways were taken, from both configurations', () => {
    expect([...reached].sort()).toEqual(['CDE', 'C_old,new'])
    expect([...became].sort()).toEqual(['ABC', 'CDE'])
  })
})

describe('a server that was removed', () => {
  /** A leads A, B and C, has removed C, and asks for votes after a restart. */
  function withoutC(): Solo {
    const a = new Solo({ consensus }).lead()
    for (const id of ['B', 'C']) a.acknowledge(id, 1)
    a.server.change('A B')
    a.persist()
    for (const id of ['B', 'C']) a.acknowledge(id, 2)
    a.persist()
    for (const id of ['B', 'C']) a.acknowledge(id, 3)
    expect(a.state).toMatchObject({ commitIndex: 3, configuration: { voters: ['A', 'B'] } })
    return a
  }

  test('its vote does not count, nor its wish to vote', () => {
    const a = withoutC()
    a.crash()
    a.elapse()
    a.preVote('C')
    expect(a.state.role.role).toBe('pre-candidate')
    a.preVote('B')
    a.persist()
    a.vote('C')
    expect(a.state.role.role).toBe('candidate')
    a.vote('B')
    expect(a.state.role.role).toBe('leader')
  })

  test('its acknowledgements neither commit nor confirm a round', () => {
    const a = withoutC()
    a.server.propose('x')
    a.persist()
    a.server.step({ type: 'RequestRead', readId: 1, lease: false })
    a.acknowledge('C', 4, 100)
    expect(a.state.commitIndex).toBe(3)
    expect(a.server.answered.size).toBe(0)
  })

  test('it makes nobody campaign, and no term of 2^53 - 1 is taken from it', () => {
    const a = withoutC()
    a.receive('C', { type: 'TimeoutNow', term: 1 })
    expect(a.requestVote('C', Number.MAX_SAFE_INTEGER, 9, 9)).toEqual([])
    expect(a.append('C', { term: Number.MAX_SAFE_INTEGER })).toEqual([])
    expect(a.state).toMatchObject({ currentTerm: 1, role: { role: 'leader' } })
  })
})
