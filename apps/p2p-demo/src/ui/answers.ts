// Answers and failures as lines for a person.
import type { Answer, Listing } from '../control/commands.js'
import type { Failure } from '../control/events.js'

export const ms = (elapsed: number): string => `${elapsed.toFixed(elapsed < 10 ? 1 : 0)} ms`

export const majority = (voters: number): number => Math.floor(voters / 2) + 1

/** Of anything but a status, which is a table. */
export function describeAnswer(answer: Exclude<Answer, { type: 'status' }>): string {
  switch (answer.type) {
    case 'put':
      return `written: ${receipt(answer)}`
    case 'get':
      return `${answer.value === null ? 'there is no such key' : JSON.stringify(answer.value)}  (${ms(answer.elapsedMs)})`
    case 'del':
      return `${answer.existed ? 'deleted' : 'there was no such key'}: ${receipt(answer)}`
    case 'cas': {
      const now =
        answer.current === null ? 'there is no such key' : `it holds ${JSON.stringify(answer.current)}`
      return `${answer.swapped ? 'swapped' : `not swapped, ${now}`}: ${receipt(answer)}`
    }
    case 'watch':
      if (answer.prefix === null) return 'no longer watching'
      return answer.prefix === '' ? 'watching all keys' : `watching keys that begin with "${answer.prefix}"`
    case 'list':
      return describeListing(answer)
    case 'catch-up':
      return `applied up to index ${answer.lastApplied}`
    case 'change': {
      const { members, membersIndex, elapsedMs } = answer
      const count = (role: string) => members.filter((member) => member.role === role).length
      const learners = count('learner') === 0 ? '' : `, ${count('learner')} learning`
      const voters = count('voter')
      return `committed: ${voters} ${voters === 1 ? 'voter' : 'voters'}${learners}; a majority is ${majority(voters)}: index ${membersIndex}, ${ms(elapsedMs)}`
    }
    case 'transfer':
      return `handed over in ${ms(answer.elapsedMs)}`
    default:
      return answer satisfies never
  }
}

export function describeListing({ count, newest }: Listing): string {
  if (count === 0) return 'no keys'
  const shown = newest.map(({ key, value }) => `${key} = ${JSON.stringify(value)}`).join(', ')
  const more = count > newest.length ? `, and ${count - newest.length} older ones` : ''
  return `${count === 1 ? '1 key' : `${count} keys`}: ${shown}${more}`
}

const receipt = ({ index, term, elapsedMs }: { index: number; term: number; elapsedMs: number }) =>
  `index ${index}, term ${term}, ${ms(elapsedMs)}`

/** For the person who typed a command: above all, whether it may have had an effect. */
const MEANINGS: Readonly<Record<string, string>> = {
  ERR_OUTCOME_UNKNOWN: 'it may or may not have been applied; read before you write again',
  ERR_TIMEOUT: 'certainly not applied: no leader took it in time',
}

/** What became of a command that failed. */
export function describeFailure({ code, message }: Failure): string {
  const meaning = MEANINGS[code]
  return meaning === undefined ? `${code}: ${message}` : `${code}: ${meaning} (${message})`
}

/** `text` with names where it has PeerIds. */
export function withNames(text: string, nameOf: (peer: string) => string): string {
  return text.replace(/\b12D3KooW[1-9A-HJ-NP-Za-km-z]{44}\b/g, nameOf)
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
  )
}
