// A transcript that cannot be read or played says where, and why.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from './commands/index.js'
import { play } from './play.js'
import { isRewriting, REWRITE_VARIABLE, RewriteRefused } from './rewriting.js'
import { Stage } from './stage.js'
import { parseTranscript, renderTranscript } from './transcript-file.js'

const played = (text: string): ReturnType<typeof play> => play(parseTranscript('a.txt', text))

describe('a file', () => {
  test.each([
    ['a command without a rule', 'servers A\n\npool\n----\n', 'a.txt:1: no ---- below "servers A"'],
    ['a command at the end without a rule', '\nservers A\n----\nx\n\npool', 'a.txt:6: no ---- below "pool"'],
    ['a rule without a command', '# only words\n----\nx\n', 'a.txt:2: no command above the ----'],
    [
      'two outputs without a blank line between',
      'servers A\n----\nx\n----\n',
      'a.txt:4: a blank line must end',
    ],
    ['a comment inside the output', 'servers A\n----\nx\n# y\n', 'a.txt:4: a blank line must end'],
    ['an indented line with nothing to continue', '  A 1 1\n----\n', 'a.txt:1: an indented line continues'],
    ['nothing', '# only words\n', 'a.txt:1: no command'],
  ])('with %s is refused', (_, text, problem) => {
    expect(() => parseTranscript('a.txt', text)).toThrow(problem)
  })

  test('is written back as it was read, comments and continued commands included', () => {
    const text =
      '# title\n\n# more\nservers\n  A 1 1\n  B\n----\none\ntwo\n\npool\n----\nthree\n\n# the end\n'
    const transcript = parseTranscript('a.txt', text)
    expect(transcript.blocks.map(({ commands }) => commands.map((command) => command.text))).toEqual([
      ['servers A 1 1 B'],
      ['pool'],
    ])
    expect(renderTranscript(transcript, [['one', 'two'], ['three']])).toBe(text)
  })
})

describe('a command', () => {
  test.each([
    ['that does not exist', 'servers A\nprevote A', 'a.txt:2: prevote A\n  unknown command "prevote"'],
    ['before there are servers', 'pool', 'the first command is `servers`'],
    ['about a server that does not exist', 'servers A\ntimeout B', 'a.txt:2: timeout B\n  no server B'],
    ['about a server that is down', 'servers A\ncrash A\npropose A x', 'a.txt:3: propose A x\n  A is down'],
    ['that delivers nothing', 'servers A B\ndeliver A->B', 'no message is under way A->B'],
    ['with too many words', 'servers A B\ntimeout A B', 'what is "B"?'],
    ['with an unknown setting', 'servers A heartbeat=3', 'what is "heartbeat=3"?'],
    ['that fires a timer nobody has', 'servers A\nheartbeat A', 'A does not lead: use timeout'],
    ['with logs that cannot be', 'servers A 1 2 2 B 1 1 2', "B's log breaks Log Matching at 3@2"],
    ['with a write that is not there', 'servers A\npersist A', 'no write is under way'],
  ])('%s is an error with its line', (_, commands, problem) => {
    expect(played(`${commands}\n----\n`).error?.message).toContain(problem)
  })

  test('is in docs/transcripts.md as the table has it', () => {
    const docs = readFileSync(join(import.meta.dirname, '../../../../docs/transcripts.md'), 'utf8')
    const documented = [...docs.matchAll(/^\| `([^`]+)` \|/gm)].map(([, usage]) =>
      usage!.replaceAll('\\|', '|'),
    )
    expect(documented.sort()).toEqual([...COMMANDS.values()].map(({ usage }) => usage).sort())
  })
})

test('what was put out before a mistake is kept, so that a difference before it can be shown', () => {
  const { outputs, error } = played('servers A\n----\n\ntimeout B\n----\n')
  expect(outputs).toEqual([['A = follower, term 0, no vote, log [], commit 0']])
  expect(error?.message).toContain('a.txt:4')
})

test('everything that leaves is checked: a vote that no disk holds does not get out', () => {
  const stage = new Stage()
  stage.begin(
    ['A', 'B'].map((id) => ({ id, terms: [], term: undefined, joins: false })),
    {},
  )
  const message = { type: 'RequestVoteReply', term: 9, voteGranted: true } as const
  expect(() => stage.send({ from: 'A', to: 'B', message, entries: [], incarnation: 0 })).toThrow(
    'its disk is behind',
  )
})

describe('rewriting', () => {
  test('is asked for by a variable, and refused where CI is set', () => {
    expect(isRewriting({})).toBe(false)
    expect(isRewriting({ CI: 'true' })).toBe(false)
    expect(isRewriting({ [REWRITE_VARIABLE]: '1' })).toBe(true)
    expect(() => isRewriting({ [REWRITE_VARIABLE]: '1', CI: 'true' })).toThrow(RewriteRefused)
  })
})
