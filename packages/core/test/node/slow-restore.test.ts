// A snapshot is saved, and takes long to be restored: what is told meanwhile, and what comes of what came meanwhile.
import { expect, test } from 'vitest'
import type { Member } from '../../src/ports/transport.js'
import { EntryKind, encodeBlock, FLAG_MEMBERSHIP } from '../../src/wire/entry-block.js'
import { encodeMembers } from '../../src/wire/membership-entry.js'
import { chunk, contentBytes } from './harness/chunks.js'
import { WORDS } from './harness/cluster.js'
import { append, block, incarnationOf, Solo } from './harness/solo.js'

/** Restores wait until the test lets them go. */
class Gate {
  held: (() => void)[] = []
  holds = false

  get machine(): typeof WORDS {
    return {
      codec: WORDS.codec,
      create: () => {
        const machine = WORDS.create()
        const { restore } = machine
        return Object.assign(machine, {
          restore: async (content: AsyncIterable<Uint8Array>) => {
            if (this.holds) await new Promise<void>((resolve) => this.held.push(resolve))
            return restore.call(machine, content)
          },
        })
      },
    }
  }

  open(): void {
    this.holds = false
    for (const release of this.held.splice(0)) release()
  }
}

/** A has installed the snapshot of 5, and restores that of 7. */
async function restoring(gate: Gate): Promise<Solo> {
  const solo = await Solo.start({ stateMachine: gate.machine })
  const [first, next] = [await contentBytes('a'), await contentBytes('a', 'F', 'G')]
  await solo.receive('B', chunk(first, 0, first.length))
  await solo.world.until('the first is installed', () => solo.node.status().lastApplied === 5)
  gate.holds = true
  const changed = { lastIncludedIndex: 7, lastIncludedTerm: 3 }
  await solo.receive('B', chunk(next, 0, next.length, changed))
  await solo.world.until('the next is being restored', () => gate.held.length === 1)
  return solo
}

test('what is restored and not yet told to consensus is nothing that is still to be applied', async () => {
  const gate = new Gate()
  const solo = await restoring(gate)
  const told = new Set<number>()
  gate.open()
  for (let turn = 0; turn < 200; turn++) {
    await Promise.resolve()
    told.add(solo.node.status().entriesToApply)
  }
  await solo.world.calm()
  expect(solo.node.status()).toMatchObject({ lastApplied: 7, commitIndex: 7, entriesToApply: 0 })
  expect([...told]).toEqual([0])
  await solo.node.stop({ transfer: false })
})

test('its members say nothing of who is a member by a later entry: nobody is hung up on', async () => {
  const gate = new Gate()
  const solo = await restoring(gate)
  const named: Member[] = ['A', 'B', 'C'].map((id) => {
    const incarnation = id === 'C' ? { incarnation: incarnationOf(id) } : {}
    return { id, address: id, role: 'voter', ...incarnation }
  })
  const entry = encodeBlock({ firstIndex: 8, term: 3, timestamp: 8, flags: FLAG_MEMBERSHIP }, [
    { kind: EntryKind.Membership, payload: encodeMembers(named) },
  ])
  await solo.receive('B', append(3, 5, 2, [block(6, 3, 'F', 'G'), entry], { leaderCommit: 8 }))
  expect(solo.node.status().members.find(({ id }) => id === 'C')).toHaveProperty('incarnation')
  solo.reached.length = 0
  gate.open()
  await solo.world.until('all is applied', () => solo.node.status().lastApplied === 8)
  expect(solo.reached.filter((ids) => !ids.includes('C'))).toEqual([])
  await solo.node.stop({ transfer: false })
})
