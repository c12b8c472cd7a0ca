// changeMembership that resolved is committed, with these members; one that was refused, or ran out of time before it began,
// is in no log; and whatever a leader appends was asked of it, but for the end of a joint phase.
import { isDeepStrictEqual } from 'node:util'
import type { ChangeCall } from './change-call.js'
import { isTarget } from './change-call.js'
import type { Checker } from './checker.js'
import { isMemberOf, type KnownConfiguration, textOf } from './configurations.js'
import type { History } from './history.js'
import { appendedBy } from './node-view.js'

/** After these nothing may have been appended. */
const NOTHING_DONE: ReadonlySet<string | undefined> = new Set([
  'ERR_NOT_LEADER',
  'ERR_MEMBERSHIP_CHANGED',
  'ERR_MEMBERSHIP_REFUSED',
  'ERR_TIMEOUT',
  'ERR_ABORTED',
  'ERR_STOPPED',
  'ERR_INVALID_OPTION',
])

export const changeAnswersAreTrue: Checker = {
  property: 'change-answers-are-true',
  hooks(history, fail) {
    const { configurations, calls } = history
    return {
      event(node, event) {
        const own = appendedBy(node, event)
        if (own === undefined) return
        const before = configurations.inForce(own.index - 1, (index) => node.log[index - 1])
        // The end of the joint phase.
        if (before.outgoing !== undefined) return
        const { voters, learners = [] } = own.configuration
        const target = { ...before, voters, learners }
        const asking = calls.filter((call) => call.open && call.node === node)
        const asked = asking.filter(({ targets }) => targets.some((one) => isTarget(one, target)))
        // Of a change that takes two steps the first one is compared.
        const isMeant = ({ appended, change: { expectedIndex } }: ChangeCall): boolean =>
          appended ||
          expectedIndex === undefined ||
          (expectedIndex >= before.index && expectedIndex < own.index)
        // Of several the same: whoever was first.
        const call = asked.find(isMeant)
        if (call === undefined)
          fail(
            `${node.id} makes ${textOf(before)} ${textOf(target)} at ${own.index}, which nobody has asked for`,
          )
        else call.appended = true
      },
      changed(call) {
        const wrong = call.code === 'ok' ? judge(history, call) : undefined
        if (wrong !== undefined) fail(`${call.node.id} says that members are changed: ${wrong}`)
        if (NOTHING_DONE.has(call.code) && call.appended)
          fail(`${call.node.id} says ${call.code}, and has appended ${JSON.stringify(call.change)}`)
      },
    }
  },
}

function judge(history: History, { membership, change, floor }: ChangeCall): string | undefined {
  const { index, members } = membership!
  if (index > history.committed.length) return `${index} is not committed`
  const told = history.committedConfiguration(index)
  if (told.outgoing !== undefined) return `${textOf(told)} of ${told.index} is joint`
  if (!isDeepStrictEqual(members, told.members))
    return `${JSON.stringify(members)}, committed are ${JSON.stringify(told.members)}`
  // Somebody else may have changed them once more.
  for (let at: KnownConfiguration = told; ; at = history.committedConfiguration(at.index - 1)) {
    if (isDone(at, change)) return undefined
    if (at.index <= floor) return `nothing committed has ${JSON.stringify(change)}`
  }
}

function isDone(configuration: KnownConfiguration, change: ChangeCall['change']): boolean {
  const { add = [], promote = [], demote = [], remove = [] } = change
  const { voters, learners, members = [] } = configuration
  const isThere = ({ id, address, role }: (typeof members)[number]): boolean =>
    members.some((one) => one.id === id && one.address === address && one.role === role)
  return (
    configuration.outgoing === undefined &&
    add.every(isThere) &&
    promote.every((id) => voters.includes(id)) &&
    demote.every((id) => learners.includes(id)) &&
    remove.every((id) => !isMemberOf(configuration, id))
  )
}
