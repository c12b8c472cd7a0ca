// whileLeader: a job that runs only while this node leads.
import { expect, test } from 'vitest'
import type { LeaderContext } from '../../src/node/types.js'
import { Cluster } from './harness/cluster.js'
import { append, block, Solo } from './harness/solo.js'
import { codeOf, macrotask, watch } from './harness/world.js'

/** A job that runs until it is told to end, and what happened to it. */
class Job {
  readonly story: string[] = []
  /** The context of each run. */
  readonly runs: LeaderContext[] = []
  readonly #ends: (() => void)[] = []
  running = 0

  readonly run = (context: LeaderContext): Promise<void> => {
    this.runs.push(context)
    this.running++
    expect(this.running, 'two jobs at a time').toBe(1)
    this.story.push(`begins in ${context.term}`)
    context.signal.addEventListener('abort', () =>
      this.story.push(`is told in ${context.term}: ${codeOf(context.signal.reason)}`),
    )
    return new Promise((resolve) => this.#ends.push(resolve))
  }

  /** The run that is under way settles. */
  end(): void {
    this.running--
    this.story.push(`ends in ${this.runs.at(-1)!.term}`)
    this.#ends.at(-1)!()
  }
}

test('it begins when the leader has applied its no-op, and not before', async () => {
  const solo = await Solo.start()
  const job = new Job()
  watch(solo.node.whileLeader(job.run))
  const term = await solo.lead({ acknowledge: false })
  await solo.world.calm()
  expect(solo.node.status().role).toBe('leader')
  expect(job.story).toEqual([])
  await solo.acknowledge()
  expect(job.story).toEqual([`begins in ${term}`])
  expect(job.runs[0]!.signal.aborted).toBe(false)
  await solo.node.stop({ transfer: false })
})

test('it begins at once on a node that leads already', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  const job = new Job()
  watch(solo.node.whileLeader(job.run))
  await solo.world.calm()
  expect(job.story).toEqual([`begins in ${term}`])
  await solo.node.stop({ transfer: false })
})

test('its signal fires in the very turn in which the leadership ends', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  const job = new Job()
  watch(solo.node.whileLeader(job.run))
  await solo.world.calm()
  const told: boolean[] = []
  solo.node.on('BecameFollower', () => queueMicrotask(() => told.push(job.runs[0]!.signal.aborted)))
  await solo.receive('B', { type: 'AppendEntriesReply', ...refused(term + 1) })
  expect(told).toEqual([true])
  expect(job.story).toEqual([`begins in ${term}`, `is told in ${term}: ERR_LEADERSHIP_LOST`])
  await solo.node.stop({ transfer: false })
})

const refused = (term: number) => ({
  term,
  success: false,
  matchIndex: 0,
  rejectedIndex: 1,
  hintIndex: 0,
  hintTerm: 0,
  round: 0,
})

test('two jobs of one call never overlap: the next waits until the one before has settled', async () => {
  const solo = await Solo.start()
  const first = await solo.lead()
  const job = new Job()
  watch(solo.node.whileLeader(job.run))
  await solo.world.calm()
  await solo.follow('B', first + 1)
  const second = await solo.lead()
  await solo.world.calm()
  // It leads again, and the old job is still busy with ending.
  expect(job.story).toEqual([`begins in ${first}`, `is told in ${first}: ERR_LEADERSHIP_LOST`])
  job.end()
  await solo.world.calm()
  expect(job.story.slice(2)).toEqual([`ends in ${first}`, `begins in ${second}`])
  await solo.node.stop({ transfer: false })
})

test('a leadership that came and went while the old job ended has no job', async () => {
  const solo = await Solo.start()
  const first = await solo.lead()
  const job = new Job()
  watch(solo.node.whileLeader(job.run))
  await solo.world.calm()
  await solo.follow('B', first + 1)
  const second = await solo.lead()
  await solo.follow('B', second + 1)
  job.end()
  await solo.world.calm()
  expect(job.runs.map(({ term }) => term)).toEqual([first])
  await solo.node.stop({ transfer: false })
})

test('a job that returns is not repeated in the same term', async () => {
  const solo = await Solo.start()
  const terms: number[] = []
  watch(solo.node.whileLeader(({ term }) => void terms.push(term)))
  const first = await solo.lead()
  await solo.world.pass(500)
  await solo.follow('B', first + 1)
  const second = await solo.lead()
  await solo.world.calm()
  expect(terms).toEqual([first, second])
  await solo.node.stop({ transfer: false })
})

test('it runs on one member at a time, on each that comes to lead, with rising terms', async () => {
  const cluster = await Cluster.start()
  const runs: { id: string; term: number; aborted: () => boolean }[] = []
  for (const node of cluster.nodes.values()) {
    watch(
      node.whileLeader(
        ({ term, signal }) =>
          new Promise((resolve) => {
            runs.push({ id: node.id, term, aborted: () => signal.aborted })
            signal.addEventListener('abort', () => resolve())
          }),
      ),
    )
  }
  const [first] = await cluster.elected()
  await cluster.world.until('it runs', () => runs.length === 1)
  await cluster.kill(first.id)
  await cluster.world.until('it runs elsewhere', () => runs.length === 2)
  expect(runs[0]).toMatchObject({ id: first.id })
  expect(runs[0]!.aborted()).toBe(true)
  expect(runs[1]!.id).not.toBe(first.id)
  expect(runs[1]!.term).toBeGreaterThan(runs[0]!.term)
  await cluster.stop()
})

test('a deposed leader that does not know it yet is kept out by its term, and told as soon as it learns (etcd#15247)', async () => {
  const cluster = await Cluster.start()
  /** What a lease revoker writes to: it takes no term below the highest it has met. */
  const resource = { highest: 0, writes: [] as string[] }
  const write = (term: number, what: string): boolean => {
    if (term < resource.highest) return false
    resource.highest = term
    resource.writes.push(`${term} ${what}`)
    return true
  }
  const contexts = new Map<string, LeaderContext>()
  for (const node of cluster.nodes.values()) {
    watch(
      node.whileLeader((context) => {
        contexts.set(node.id, context)
        return new Promise((resolve) => context.signal.addEventListener('abort', () => resolve()))
      }),
    )
  }
  const [old, ...others] = await cluster.elected()
  await cluster.world.until('its job runs', () => contexts.has(old.id))
  const deposed = contexts.get(old.id)!
  expect(write(deposed.term, 'revoke the lease')).toBe(true)
  cluster.network.partition(
    [old.id],
    others.map(({ id }) => id),
  )
  const [next] = await cluster.elected(others.map(({ id }) => id))
  await cluster.world.until('the other job runs', () => contexts.has(next.id))
  expect(write(contexts.get(next.id)!.term, 'renew the lease')).toBe(true)
  expect(write(deposed.term, 'revoke the lease')).toBe(false)
  cluster.network.heal()
  await cluster.world.until('the old one is told', () => deposed.signal.aborted)
  expect(codeOf(deposed.signal.reason)).toBe('ERR_LEADERSHIP_LOST')
  expect(resource.writes).toHaveLength(2)
  await cluster.stop()
})

test('it ends with the node: the job is told at once, and waited for', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  const job = new Job()
  const ended = watch(solo.node.whileLeader(job.run))
  await solo.world.calm()
  const stopped = solo.node.stop({ transfer: false })
  expect(job.story.at(-1)).toBe(`is told in ${term}: ERR_STOPPED`)
  await stopped
  expect(ended.state).toBe('pending')
  job.end()
  await macrotask()
  expect(ended.state).toBe('fulfilled')
  // And on a node that has stopped there is nothing to wait for.
  await solo.node.whileLeader(job.run)
  expect(job.runs).toHaveLength(1)
})

test('it ends when a fail stop ends the node', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  const job = new Job()
  watch(solo.node.whileLeader(job.run))
  await solo.world.calm()
  solo.disk.failure = new Error('no disk')
  solo.node.propose('x').catch(() => undefined)
  await solo.world.calm()
  expect(job.story.at(-1)).toBe(`is told in ${term}: ERR_STOPPED`)
  await solo.node.closed
})

test("it ends with the caller's signal, while the node goes on leading", async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  const job = new Job()
  const controller = new AbortController()
  const ended = watch(solo.node.whileLeader(job.run, { signal: controller.signal }))
  await solo.world.calm()
  controller.abort()
  expect(job.story.at(-1)).toBe(`is told in ${term}: ERR_ABORTED`)
  await macrotask()
  expect(ended.state).toBe('pending')
  job.end()
  await macrotask()
  expect(ended.state).toBe('fulfilled')
  expect(solo.node.status().role).toBe('leader')
  const late = watch(solo.node.whileLeader(job.run, { signal: controller.signal }))
  await solo.world.calm()
  expect(late.state).toBe('fulfilled')
  expect(job.runs).toHaveLength(1)
  await solo.node.stop({ transfer: false })
})

test('what a job throws ends it, and the caller learns why', async () => {
  const solo = await Solo.start()
  const first = await solo.lead()
  let runs = 0
  const ended = watch(
    solo.node.whileLeader(() => {
      runs++
      throw new Error('no permission')
    }),
  )
  await solo.world.calm()
  expect(codeOf(ended.value)).toBe('no permission')
  await solo.follow('B', first + 1)
  await solo.lead()
  await solo.world.calm()
  expect(runs).toBe(1)
  await solo.node.stop({ transfer: false })
})

test.each([
  ['the reason of its signal', (signal: AbortSignal) => signal.reason],
  ['an AbortError', () => Object.assign(new Error('aborted'), { name: 'AbortError' })],
])('a job may end by throwing %s', async (_what, thrown) => {
  const solo = await Solo.start()
  const terms: number[] = []
  const ended = watch(
    solo.node.whileLeader(({ signal, term }) => {
      terms.push(term)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(thrown(signal))))
    }),
  )
  const first = await solo.lead()
  await solo.receive('B', append(first + 1, 1, first, [block(2, first + 1, 'of B')]))
  const second = await solo.lead()
  await solo.world.calm()
  expect(ended.state).toBe('pending')
  expect(terms).toEqual([first, second])
  await solo.node.stop({ transfer: false })
})
