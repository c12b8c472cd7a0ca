// What a person types at a prompt, as a command or as an explanation of what is wrong with it.
import type { Command } from '../control/commands.js'

/** What a member may become. */
export type MemberVerb = 'promote' | 'demote' | 'remove'

export type Line =
  | { readonly type: 'command'; readonly command: Command; readonly at: string | undefined }
  | { readonly type: 'kill'; readonly target: string }
  /** undefined: the one that is gone. */
  | { readonly type: 'start'; readonly target: string | undefined }
  | { readonly type: 'members' }
  /** `up`: a new node, by name or the next one. `node`: who and where; nothing: how to start it. */
  | { readonly type: 'add'; readonly who: string | undefined; readonly address: string | undefined }
  | { readonly type: 'change'; readonly verb: MemberVerb; readonly who: string }
  /** undefined: the voter that has most of the log. */
  | { readonly type: 'transfer'; readonly who: string | undefined }
  | { readonly type: 'quit' }
  | { readonly type: 'help' }
  | { readonly type: 'empty' }
  | { readonly type: 'wrong'; readonly message: string }

/** In a `cas`, this stands for "there is no such key". */
export const ABSENT = '-'

/** `node` prompts speak for one process; `up` prompts choose one with `@n2` and can kill. */
export function parseLine(text: string, scope: 'node' | 'up'): Line {
  const words = split(text)
  if (words === undefined) return wrong('A quote is not closed.')
  const [verb, ...rest] = words
  if (verb === undefined) return { type: 'empty' }
  const last = rest.at(-1)
  const at = scope === 'up' && last?.startsWith('@') ? last.slice(1) : undefined
  const args = at === undefined ? rest : rest.slice(0, -1)
  const command = (command: Command): Line => ({ type: 'command', command, at })
  const [key, second, third] = args
  switch (verb) {
    case 'put':
      if (key === undefined || second === undefined) return wrong('Usage: put <key> <value>')
      return command({ type: 'put', key, value: args.slice(1).join(' ') })
    case 'get':
      if (key === undefined || args.length > 1) return wrong('Usage: get <key>')
      return command({ type: 'get', key })
    case 'del':
      if (key === undefined || args.length > 1) return wrong('Usage: del <key>')
      return command({ type: 'del', key })
    case 'cas':
      if (key === undefined || second === undefined || third === undefined || args.length > 3) {
        return wrong(`Usage: cas <key> <expected> <value>; "${ABSENT}" expects that there is no such key`)
      }
      return command({ type: 'cas', key, expected: second === ABSENT ? null : second, value: third })
    case 'watch':
      if (args.length > 1) return wrong('Usage: watch [prefix], watch off')
      return command({ type: 'watch', prefix: key === 'off' ? null : (key ?? '') })
    case 'list':
      if (args.length > 1) return wrong('Usage: list [prefix]')
      return command({ type: 'list', prefix: key ?? '' })
    case 'status':
      return command({ type: 'status' })
    case 'members':
      return args.length > 0 ? wrong('Usage: members') : { type: 'members' }
    case 'add':
      return add(args, scope)
    case 'promote':
    case 'demote':
    case 'remove':
      if (key === undefined || args.length > 1)
        return wrong(`Usage: ${verb} <who>; "members" shows who is there`)
      return { type: 'change', verb, who: key }
    case 'transfer':
      return args.length > 1 ? wrong('Usage: transfer [who]') : { type: 'transfer', who: key }
    case 'start':
    case 'restart':
      if (scope !== 'up') break
      return args.length > 1 ? wrong(`Usage: ${verb} [n1]`) : { type: 'start', target: key }
    case 'kill':
      if (scope !== 'up') break
      return args.length > 1 ? wrong('Usage: kill [n1 | leader]') : { type: 'kill', target: key ?? 'leader' }
    case 'quit':
    case 'exit':
      return { type: 'quit' }
    case 'help':
    case '?':
      return { type: 'help' }
  }
  return wrong(`There is no "${verb}". Type help.`)
}

function add(args: readonly string[], scope: 'node' | 'up'): Line {
  const [who, address] = args
  if (scope === 'up' ? args.length > 1 : args.length === 1 || args.length > 2)
    return wrong(scope === 'up' ? 'Usage: add [n4]' : 'Usage: add, or add <id> <address>')
  return { type: 'add', who, address }
}

/** Words, with "double" or 'single' quotes around those that have spaces; undefined: a quote is not closed. */
function split(text: string): readonly string[] | undefined {
  const words = [...text.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)|(["'])/g)]
  if (words.some((match) => match[4] !== undefined)) return undefined
  return words.map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

const wrong = (message: string): Line => ({ type: 'wrong', message })
