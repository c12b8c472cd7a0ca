// A server that was added again under an id reads, in the log, of the time when another storage voted under that id, alone even.
// Thesis §4.2.1: it is a learner until it has caught up; nothing that it reads makes it a voter in that one's place.
import { expect, test } from 'vitest'
import type { Member } from '../../src/ports/transport.js'
import { type EntryBlock, EntryKind, encodeBlock, FLAG_MEMBERSHIP } from '../../src/wire/entry-block.js'
import { encodeMembers } from '../../src/wire/membership-entry.js'
import { append, Solo } from './harness/solo.js'

function entry(firstIndex: number, members: readonly Member[]): EntryBlock {
  const payload = encodeMembers(members)
  const header = { firstIndex, term: 1, timestamp: 1, flags: FLAG_MEMBERSHIP }
  return encodeBlock(header, [{ kind: EntryKind.Membership, payload }])
}

/** A reads that it, on the storage `incarnation`, is the only voter; then it hears nothing for three seconds. */
async function readsThatItIsAlone(incarnation: (own: string) => string): Promise<Solo> {
  const solo = await Solo.start()
  const self = {
    id: 'A',
    address: 'A',
    role: 'voter' as const,
    incarnation: incarnation(solo.node.status().incarnation),
  }
  const leaving = ['B', 'C'].map((id): Member => ({ id, address: id, role: 'leaving', outgoing: true }))
  const joint = entry(1, [{ ...self, outgoing: true }, ...leaving])
  await solo.receive('B', append(1, 0, 0, [joint, entry(2, [self])], { leaderCommit: 2 }))
  expect(solo.node.status()).toMatchObject({ membersIndex: 2, commitIndex: 2 })
  await solo.world.pass(3_000)
  return solo
}

test('it elects nobody in the place of another storage, nor when it is told to', async () => {
  const solo = await readsThatItIsAlone(() => 'f'.repeat(16))
  expect(solo.node.status()).toMatchObject({ role: 'follower', term: 1 })
  await solo.receive('B', { type: 'TimeoutNow', term: 1 })
  await solo.world.pass(1_000)
  expect(solo.node.status()).toMatchObject({ role: 'follower', term: 1 })
  expect(solo.take('PreVote')).toEqual([])
  await solo.node.stop({ transfer: false })
})

test('on the storage that is named it leads', async () => {
  const solo = await readsThatItIsAlone((own) => own)
  expect(solo.node.status()).toMatchObject({ role: 'leader', term: 2 })
  await solo.node.stop({ transfer: false })
})
