// Raft §6: C_old, then C_old,new, then C_new: no majority of one can be without a server of every majority of the one before.
// Without a change of the voters one entry does it. Who stays keeps its storage's incarnation.
import type { Term } from '@riverraft/core'
import type { Checker } from './checker.js'
import { type KnownConfiguration, sameIds, textOf, type Voters } from './configurations.js'
import { appendedBy } from './node-view.js'

type Next = Voters & { readonly learners?: readonly string[] }

export const configurationsOverlap: Checker = {
  property: 'configurations-overlap',
  hooks(history, fail) {
    const { configurations } = history
    /** Terms of entries that nobody has voted for (a recovery from a lost quorum): they drop learners. */
    const written = new Set<Term>()
    /** Up to where committed configurations have been compared. */
    let reached = 0
    return {
      writing(_node, { generation, hardState }) {
        if (generation !== undefined && hardState !== undefined) written.add(hardState.currentTerm)
      },
      event(node, event) {
        const own = appendedBy(node, event)
        if (own !== undefined) {
          const before = configurations.inForce(own.index - 1, (index) => node.log[index - 1])
          const wrong = differs(before, own.configuration, false)
          if (wrong !== undefined) fail(`${node.id} at ${own.index}: ${wrong}`)
        }
        // What others wrote, by its bytes.
        if (event.type !== 'CommitAdvanced' || event.commitIndex <= reached) return
        const now = node.configurationAt(event.commitIndex)
        const from = reached
        reached = event.commitIndex
        for (let after = now; after.index > from; ) {
          const before = node.configurationAt(after.index - 1)
          const wrong = differs(before, after, written.has(after.term)) ?? changesIncarnation(before, after)
          if (wrong !== undefined) fail(`${node.id} commits ${after.index}: ${wrong}`)
          after = before
        }
      },
    }
  },
}

function differs(before: KnownConfiguration, after: Next, dropsLearners: boolean): string | undefined {
  const said = `${textOf(before)} is followed by ${textOf(after)}`
  if (after.voters.length === 0) return `${said}: nobody votes`
  if (after.outgoing !== undefined)
    return before.outgoing === undefined && sameIds(after.outgoing, before.voters) ? undefined : said
  if (!sameIds(after.voters, before.voters)) return said
  // The joint phase is left with what it was entered for.
  const isLeft = before.outgoing === undefined || dropsLearners || sameIds(after.learners, before.learners)
  return isLeft ? undefined : said
}

function changesIncarnation(before: KnownConfiguration, after: KnownConfiguration): string | undefined {
  for (const { id, incarnation } of before.members ?? []) {
    const member = after.members?.find((other) => other.id === id)
    if (member !== undefined && incarnation !== undefined && member.incarnation !== incarnation)
      return `${id} has incarnation ${incarnation}, and then ${member.incarnation}`
  }
  return undefined
}
