// docs/paper-map.md and docs/what-bit-others.md link what they claim to code and to tests: all of that is there.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../workspace.js'
import { FIGURE_2, FIGURE_13, ISSUES, SECTIONS } from './figures.js'
import { declares, problemsOf, type Read, rowsOf, titlesOf } from './links.js'

const page = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8')

/** The first cells of each table, by its heading. */
function linesOf(text: string): Record<string, string[]> {
  const lines: Record<string, string[]> = {}
  for (const { heading, cells } of rowsOf(text)) {
    lines[heading] ??= []
    lines[heading].push([...cells.values()][0]!)
  }
  return lines
}

describe('the paper map', () => {
  const map = page('paper-map.md')

  test('links files, names and titles that exist, in every row', () => {
    expect(problemsOf(map)).toEqual([])
  })

  test('has every line of Figure 2 and Figure 13, as they are there, and no other', () => {
    const lines = linesOf(map)
    for (const [heading, expected] of Object.entries({ ...FIGURE_2, ...FIGURE_13 })) {
      expect(lines[heading], heading).toEqual(expected)
    }
  })

  test('has the sections', () => {
    const figures = Object.keys({ ...FIGURE_2, ...FIGURE_13 })
    expect(Object.keys(linesOf(map))).toEqual([...figures, ...SECTIONS])
  })

  test('is found from the README and from the architecture', () => {
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('(docs/paper-map.md)')
    expect(page('architecture.md')).toContain('(paper-map.md)')
  })
})

describe('what bit others', () => {
  const bitten = page('what-bit-others.md')

  test('links tests that exist, in every row', () => {
    expect(problemsOf(bitten)).toEqual([])
  })

  test('has every issue', () => {
    const named = rowsOf(bitten).flatMap(({ cells }) => cells.get('where')!.split(', '))
    for (const issue of ISSUES) expect(named).toContain(issue)
  })
})

describe('what is wrong with a page is told', () => {
  const SOURCE = `export function vote(): void {
  called(1)
}
export interface Log {
  readonly lastIndex: number
}
class Server {
  async #send(): Promise<void> {
    const local = 1
  }
  async *chunks(): AsyncGenerator<void> {}
}
`
  const TEST = `describe("the 'log'", () => {
  test.each([['a', 1]])('grows by %s', () => {})
  test(\`it\\'s kept\`, () => expect('quoted').toBe('no title'))
})
`
  const files: Record<string, string> = {
    'src/vote.ts': SOURCE,
    'test/log.test.ts': TEST,
    'test/scenarios/lost-append.txt': 'a story',
    'docs/divergences.md': '',
  }
  const read: Read = (path) => files[path]
  const problems = (code: string, test: string, here = ''): string[] =>
    problemsOf(
      `## Votes\n\n| the paper | code | test | here |\n|---|---|---|---|\n| a line | ${code} | ${test} | ${here} |\n`,
      read,
    )
  const CODE = '[`vote`](../src/vote.ts)'
  const TITLE = '[`grows by %s`](../test/log.test.ts)'

  test('nothing is wrong with this', () => {
    const codes = `${CODE}<br>[\`Log.lastIndex\`](../src/vote.ts)<br>[\`send\`](../src/vote.ts)`
    const tests = `${TITLE}<br>[\`the 'log'\`](../test/log.test.ts)<br>[\`lost-append\`](../test/scenarios/lost-append.txt)`
    expect(problems(codes, tests, '[differs](divergences.md)')).toEqual([])
  })

  test.each([
    ['no code', '', TITLE, 'no link to a code'],
    ['no test', CODE, '', 'no link to a test'],
    ['a name that is no link', `${CODE}<br>\`other\``, TITLE, 'something that is no link to a code'],
    ['no such file', '[`vote`](../src/votes.ts)', TITLE, 'no file src/votes.ts'],
    ['no such function', '[`veto`](../src/vote.ts)', TITLE, 'src/vote.ts declares no veto'],
    ['a name that is only used there', '[`local`](../src/vote.ts)', TITLE, 'src/vote.ts declares no local'],
    [
      'a function that is only called there',
      '[`called`](../src/vote.ts)',
      TITLE,
      'src/vote.ts declares no called',
    ],
    [
      'a member of something else',
      '[`Server.lastIndex`](../src/vote.ts)',
      TITLE,
      'src/vote.ts declares no Server.lastIndex',
    ],
    ['no such test', CODE, '[`shrinks`](../test/log.test.ts)', 'test/log.test.ts has no test "shrinks"'],
    ['half of a title', CODE, '[`grows`](../test/log.test.ts)', 'test/log.test.ts has no test "grows"'],
    [
      'a string that is no title',
      CODE,
      '[`no title`](../test/log.test.ts)',
      'test/log.test.ts has no test "no title"',
    ],
    [
      'another transcript',
      CODE,
      '[`split`](../test/scenarios/lost-append.txt)',
      'test/scenarios/lost-append.txt has no test "split"',
    ],
  ])('%s', (_, code, title, expected) => {
    expect(problems(code, title)).toEqual([`Votes: a line: ${expected}`])
  })

  test('no such page in any other column', () => {
    expect(problems(CODE, TITLE, '[differs](divergence.md)')).toEqual([
      'Votes: a line: no file docs/divergence.md',
    ])
  })

  test('a line that is missing', () => {
    const [heading, lines] = Object.entries(FIGURE_2)[0]!
    const table = (cells: readonly string[]): string =>
      `## ${heading}\n\n| the paper |\n|---|\n${cells.map((cell) => `| ${cell} |\n`).join('')}`
    expect(linesOf(table(lines))[heading]).toEqual(lines)
    expect(linesOf(table(lines.slice(1)))[heading]).not.toEqual(lines)
  })

  test('titles and names are read as they are written', () => {
    expect(titlesOf(TEST)).toEqual(["the 'log'", 'grows by %s', "it's kept"])
    for (const name of ['Log', 'chunks', 'Server.send']) expect(declares(SOURCE, name), name).toBe(true)
  })
})
