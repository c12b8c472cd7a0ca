// An event loop that stalls: its own silence is not the leader's, and what waits in the sockets is heard first.
import { expect, test } from 'vitest'
import { append, incarnationOf, Solo, success } from './harness/solo.js'

/** Node A, whose next wake-up comes `lateMs` late; what its sockets hold by then is read after the timer. */
async function stall(solo: Solo, lateMs: number, wakeAt: number, heard: () => void): Promise<void> {
  solo.world.now = wakeAt + lateMs
  await solo.world.step()
  heard()
  await solo.world.calm()
}

/** A follows B, and has not heard of it since 50 ms; its election timeout is over at `wakeAt`. */
async function follower(): Promise<{ solo: Solo; wakeAt: number }> {
  const solo = await Solo.start()
  let wakeAt = 0
  await solo.world.pass(50)
  await solo.follow('B', 1)
  solo.node.on('WakeScheduled', ({ at }) => {
    wakeAt = at
  })
  await solo.world.until('the wake-up of the start is over', () => wakeAt > 0)
  return { solo, wakeAt }
}

const heartbeat = (solo: Solo): void =>
  solo.host.receive('B', { group: 0, incarnation: incarnationOf('B'), messages: [append(1, 0, 0, [])] })

test.each([100, 1_000])('a follower, %i ms late: the heartbeat in its socket counts', async (lateMs) => {
  const { solo, wakeAt } = await follower()
  await stall(solo, lateMs, wakeAt, () => heartbeat(solo))
  expect(solo.node.status()).toMatchObject({ role: 'follower', leaderId: 'B', loopDelayMs: lateMs })
  expect(solo.take('PreVote')).toEqual([])
  await solo.node.stop()
})

test('a follower, as late, with nothing in its socket: the leader is gone', async () => {
  const { solo, wakeAt } = await follower()
  await stall(solo, 100, wakeAt, () => undefined)
  expect(solo.node.status()).toMatchObject({ role: 'pre-candidate', loopDelayMs: 100 })
  await solo.node.stop()
})

test('a leader that slept for longer than any election timeout asks before it gives up', async () => {
  const solo = await Solo.start()
  let wakeAt = 0
  solo.node.on('WakeScheduled', ({ at }) => {
    wakeAt = at
  })
  const term = await solo.lead()
  const late: number[] = []
  solo.node.on('TickWasLate', ({ lateMs }) => void late.push(lateMs))
  await stall(solo, 2_000, wakeAt, () => undefined)
  expect(late).toEqual([2_000])
  expect(solo.node.status()).toMatchObject({ role: 'leader', term })
  expect(solo.take('AppendEntries', 'B')).toHaveLength(1)
  await solo.receive('B', success(term, 1, 1))
  await solo.world.pass(200)
  expect(solo.node.status().role).toBe('leader')
  await solo.world.pass(400)
  expect(solo.node.status().role).not.toBe('leader')
  await solo.node.stop()
})
