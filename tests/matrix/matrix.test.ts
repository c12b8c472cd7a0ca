// Every transport with every storage: the ports are proven by all that exists behind them.
import { hasCode } from '@riverraft/core'
import { afterAll, describe, expect, test } from 'vitest'
import { describeWithRedis } from '../../packages/storage-redis/test/redis-server.js'
import { type StorageKind, storages, type TransportKind, transports } from './parts.js'
import { Replica } from './replica.js'

const COMMITS = 1_000
const CALLERS = 16
const LEADER_CHANGES = 3

const table: string[] = []
afterAll(() => console.log(['', ...table, ''].join('\n')))

for (const storage of storages) {
  const suite = storage.name === 'redis' ? describeWithRedis : describe
  suite(`on ${storage.name} storage`, () => {
    for (const transport of transports) {
      test(
        `over ${transport.name}: ${COMMITS} commits through changing leaders, a lost leader, equal logs`,
        {
          timeout: 60_000,
        },
        () => story(transport, storage),
      )
    }
  })
}

async function story(transport: TransportKind, storage: StorageKind): Promise<void> {
  const places = await transport.seats(3)
  const seats = await Promise.all(places.map(() => storage.seat()))
  const members = places.map(({ member }) => member)
  const replicas = places.map(({ member, seat }, i) => new Replica(member, seat, seats[i]!))
  try {
    await Promise.all(replicas.map((replica) => replica.start(members)))
    const acknowledged = new Set<string>()
    const leaders = await commitThroughChangingLeaders(replicas, acknowledged)

    const lost = await leaderOf(replicas)
    await lost.stop()
    const [survivor] = replicas.filter((replica) => replica.runs)
    await commit(survivor!, 'after the loss', acknowledged)
    if (storage.durable) await lost.start(members)
    await commit(survivor!, 'last', acknowledged)

    const last = survivor!.node.status().commitIndex
    const running = replicas.filter((replica) => replica.runs)
    for (const replica of running) await replica.until(() => replica.node.status().lastApplied >= last)
    const logs = await Promise.all(running.map((replica) => replica.log(last)))
    for (const log of logs) expect(log).toEqual(logs[0])
    for (const replica of running) {
      const applied = await replica.node.read((state) => [...state.applied], { consistency: 'local' })
      // Nothing acknowledged is missing, nothing was applied twice.
      expect(new Set(applied).size).toBe(applied.length)
      expect([...acknowledged].filter((command) => !applied.includes(command))).toEqual([])
    }
    const restarted = storage.durable ? 'restarted with its data' : 'gone (volatile)'
    table.push(
      `${transport.name.padEnd(10)} ${storage.name.padEnd(7)} ${acknowledged.size} acknowledged, ${leaders} leaders, ` +
        `lost leader ${restarted}, ${running.length} equal logs of ${last} entries`,
    )
  } finally {
    await Promise.all(replicas.map((replica) => replica.stop()))
    await Promise.all(seats.map((seat) => seat.remove()))
  }
}

/** Proposes on every member while one leader after another is cut off for as long as it takes to elect the next. */
async function commitThroughChangingLeaders(replicas: Replica[], acknowledged: Set<string>): Promise<number> {
  const terms = new Set<number>()
  let next = 0
  const caller = async (replica: Replica): Promise<void> => {
    while (acknowledged.size < COMMITS) await commit(replica, `command ${next++}`, acknowledged)
  }
  const callers = Array.from({ length: CALLERS }, (_, i) => caller(replicas[i % replicas.length]!))
  const changes = (async () => {
    let leader = await leaderOf(replicas)
    terms.add(leader.node.status().term)
    for (let change = 1; change <= LEADER_CHANGES; change++) {
      await leader.until(() => acknowledged.size >= (COMMITS * change) / (LEADER_CHANGES + 1))
      const deposed = leader
      deposed.cutOff = true
      leader = await leaderOf(replicas.filter((replica) => replica !== deposed))
      terms.add(leader.node.status().term)
      deposed.cutOff = false
    }
  })()
  await Promise.all([...callers, changes])
  expect(terms.size).toBeGreaterThan(LEADER_CHANGES)
  return terms.size
}

/** A command whose fate is unknown is not repeated: it may be in the log, once. */
async function commit(replica: Replica, command: string, acknowledged: Set<string>): Promise<void> {
  try {
    await replica.node.propose(command)
    acknowledged.add(command)
  } catch (error) {
    if (!hasCode(error, 'ERR_OUTCOME_UNKNOWN')) throw error
  }
}

/** The leader of the latest term, as soon as there is one. */
async function leaderOf(replicas: readonly Replica[]): Promise<Replica> {
  const running = replicas.filter((replica) => replica.runs)
  const term = (replica: Replica): number => replica.node.status().term
  const found = (): Replica | undefined =>
    running.filter((replica) => replica.leads).sort((a, b) => term(b) - term(a))[0]
  await Promise.race(running.map((replica) => replica.until(() => found() !== undefined)))
  return found()!
}
