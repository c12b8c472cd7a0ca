// Which members cannot be reached, and what keeps followers behind.
import type { Follower } from '../../consensus/index.js'
import { windowIsFull } from '../../consensus/window.js'
import type { Explanation } from '../types.js'
import { count, ms, othersOf, type Subject, say } from './subject.js'

export function explainMembers(subject: Subject): Explanation[] {
  return othersOf(subject).flatMap((id) => explainLink(subject, id) ?? explainFollower(subject, id))
}

function explainLink({ linked, recall, now }: Subject, id: string): Explanation[] | undefined {
  if (linked.has(id)) return undefined
  const down = recall.down.get(id)
  if (down === undefined)
    return [
      say(
        'unreachable',
        `${id} has not been reached since this node started, ${ms(now - recall.startedAt)} ago`,
      ),
    ]
  return [say('unreachable', `${id} cannot be reached since ${ms(now - down.at)}: ${down.why}`)]
}

function explainFollower({ state, now }: Subject, id: string): Explanation[] {
  const follower = state.role.role === 'leader' ? state.role.followers.get(id) : undefined
  if (follower === undefined) return []
  const said: Explanation[] = []
  const silentMs = follower.contactAt === undefined ? undefined : now - follower.contactAt
  if (silentMs === undefined)
    said.push(say('silent', `${id} has not answered in this term although its link is up`))
  else if (silentMs > state.options.electionTimeoutMsMax)
    said.push(say('silent', `${id} has not answered for ${ms(silentMs)} although its link is up`))
  const behind = state.log.lastIndex - follower.matchIndex
  if (behind > 0)
    said.push(
      say('follower-behind', `${id} is ${count(behind, 'entry', 'entries')} behind: ${why(follower)}`),
    )
  return said
}

function why(follower: Follower): string {
  const { state, nextIndex, matchIndex, inFlight, inFlightBytes, window } = follower
  if (state === 'snapshot') return 'it lacks entries that the log has no more, and is sent a snapshot'
  if (state === 'probe') return `where its log agrees is being looked for, at index ${nextIndex - 1}`
  const way = `${count(inFlight.length, 'message')} with ${count(inFlightBytes, 'byte')} on the way`
  const trip = window.roundTripMs === undefined ? '' : `, the round trip takes ${ms(window.roundTripMs)}`
  if (windowIsFull(follower))
    return `${way}, as much as its window of ${window.bytes} bytes and ${window.messages} messages allows${trip}`
  if (inFlight.length > 0) return `${way}${trip}`
  return `nothing is on the way from index ${matchIndex + 1} on; it is being read from the log`
}
