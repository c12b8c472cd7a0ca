import { expect, test } from 'vitest'
import { Clock } from '../src/world/clock.js'
import { EventQueue } from '../src/world/event-queue.js'
import { Process } from '../src/world/process.js'
import { seededRandom } from '../src/world/random.js'
import { tapesOf } from '../src/world/tape.js'
import { World } from '../src/world/world.js'

const newWorld = (): World => new World(tapesOf(1, undefined))
const newProcess = (world: World, clock = new Clock(500)): Process =>
  new Process(world, clock, seededRandom(1))

test('events come by time, and at one time in the order they were asked for', () => {
  const queue = new EventQueue()
  const random = seededRandom(3)
  const expected = Array.from({ length: 500 }, (_, order) => ({ at: Math.floor(random() * 50), order }))
  const came: number[] = []
  for (const { at, order } of expected) queue.push(at, () => came.push(order))
  while (queue.nextAt !== Number.POSITIVE_INFINITY) queue.shift().run?.()
  expect(came).toEqual(expected.sort((a, b) => a.at - b.at || a.order - b.order).map(({ order }) => order))
})

test('a cancelled event never happens', async () => {
  const world = newWorld()
  const process = newProcess(world)
  const fired: string[] = []
  const wake = process.wakeAt(600, () => fired.push('cancelled'))
  process.wakeAt(650, () => fired.push('kept'))
  wake.cancel()
  await world.run(1_000)
  expect(fired).toEqual(['kept'])
})

test('a fast clock wakes its node early, by its own clock in time', async () => {
  const world = newWorld()
  const clock = new Clock(0)
  const process = newProcess(world, clock)
  clock.setRate(0, 1.25)
  const woken: number[][] = []
  process.wakeAt(100, () => woken.push([world.now, process.now()]))
  await world.run(1_000)
  expect(woken).toEqual([[80, 100]])
})

test('a clock that leaps makes timers due at once', async () => {
  const world = newWorld()
  const clock = new Clock(0)
  const process = newProcess(world, clock)
  let wokenAt = 0
  process.wakeAt(5_000, () => {
    wokenAt = world.now
  })
  world.after(10, () => {
    clock.leap(world.now, 60_000)
    process.rearmTimers()
  })
  await world.run(1_000)
  expect(wokenAt).toBe(10)
})

test('a paused process misses its ticks and gets them in a burst', async () => {
  const world = newWorld()
  const process = newProcess(world)
  const ticks: number[] = []
  for (const at of [510, 520, 530]) process.wakeAt(at, () => ticks.push(world.now))
  process.pause()
  world.after(100, () => process.resume())
  await world.run(1_000)
  expect(ticks).toEqual([100, 100, 100])
})

test('a killed process does nothing more, not even what was under way', async () => {
  const world = newWorld()
  const process = newProcess(world)
  const done: string[] = []
  process.wakeAt(550, () => done.push('timer'))
  process.nextTurn(() => done.push('turn'))
  process.kill()
  await world.run(1_000)
  expect(done).toEqual([])
})

test('time that code uses passes on its clock, and nothing else runs in it meanwhile', async () => {
  const world = newWorld()
  const process = newProcess(world)
  const seen: number[] = []
  process.nextTurn(() => {
    process.spend(40)
    seen.push(process.now())
  })
  process.wakeAt(510, () => seen.push(process.now()))
  await world.run(1_000)
  expect(seen).toEqual([540, 540])
})

test('a process can be made to die at a certain call of a port', () => {
  const process = newProcess(newWorld())
  process.crashAt(2, true)
  expect(process.reaches('send', false)).toBe(true)
  expect(process.reaches('send', true)).toBe(true)
  expect(process.reaches('write', false)).toBe(true)
  expect(process.reaches('write', true)).toBe(false)
  expect(process.reaches('send', false)).toBe(false)
})

test('an exception that escapes ends the run by name', async () => {
  const world = newWorld()
  world.after(5, () => {
    throw new Error('oops')
  })
  await world.run(10)
  expect(world.violation).toMatchObject({ property: 'no-exception-escapes', atMs: 5 })
})

test('time that does not pass is a hot loop', async () => {
  const world = newWorld()
  const again = (): void => world.soon(again)
  again()
  await world.run(10)
  expect(world.violation?.property).toBe('no-hot-loop')
})

test('a run that has no end is given up, and that is a failure', async () => {
  const world = newWorld()
  world.eventsMax = 100
  const again = (): void => void world.after(1, again)
  again()
  await world.run(1_000)
  expect(world.violation).toMatchObject({ property: 'ends-within-its-events', atMs: 101 })
})
