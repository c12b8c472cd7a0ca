// Pages that link what somebody else wrote to code and tests, as tables: whether all that they link is there.
import { readdirSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { ROOT } from '../workspace.js'

export interface Row {
  /** The heading above the table. */
  readonly heading: string
  /** The column's head, and the cell. */
  readonly cells: ReadonlyMap<string, string>
}

/** What a file holds, from the root on; undefined when there is none. */
export type Read = (path: string) => string | undefined

export function readFromRoot(path: string): string | undefined {
  // A name in the wrong case is there on some machines and not on others.
  const parent = join(ROOT, path, '..')
  const name = path.split('/').at(-1)!
  try {
    return readdirSync(parent).includes(name) ? readFileSync(join(ROOT, path), 'utf8') : undefined
  } catch {
    return undefined
  }
}

/** The rows of all tables of a page. */
export function rowsOf(page: string): Row[] {
  const rows: Row[] = []
  let heading = ''
  let heads: readonly string[] = []
  for (const line of page.split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ /, '')
    if (!line.startsWith('|')) heads = []
    else if (heads.length === 0) heads = cellsOf(line)
    else if (!/^[|\-\s]+$/.test(line)) {
      const cells = cellsOf(line)
      rows.push({ heading, cells: new Map(heads.map((head, i) => [head, cells[i] ?? ''])) })
    }
  }
  return rows
}

function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())
}

/** Everything that is wrong with the rows of a page in docs/, a sentence each. */
export function problemsOf(page: string, read: Read = readFromRoot): string[] {
  const problems: string[] = []
  for (const { heading, cells } of rowsOf(page)) {
    const first = [...cells.values()][0]!
    const tell = (what: string): number => problems.push(`${heading}: ${first}: ${what}`)
    for (const [head, cell] of cells) {
      const links = [...cell.matchAll(/\[(`?)([^\n]*?)\1\]\(([^()]*)\)/g)]
      const mustLink = head === 'code' || head === 'test'
      if (mustLink && links.length === 0) tell(`no link to a ${head}`)
      // Whatever is named there is a link: nothing else is checked.
      else if (mustLink && cell.split('<br>').length !== links.length)
        tell(`something that is no link to a ${head}`)
      for (const [, , text, target] of links) {
        if (target!.startsWith('https:')) continue
        const path = normalize(join('docs', target!))
        const file = read(path)
        if (file === undefined) tell(`no file ${path}`)
        else if (head === 'code' && !declares(file, text!)) tell(`${path} declares no ${text}`)
        else if (head === 'test' && !hasTitle(path, file, text!)) tell(`${path} has no test "${text}"`)
      }
    }
  }
  return problems
}

/** `name` is declared at the top of a file or as a member of something there; `Owner.member` as one of Owner. */
export function declares(file: string, name: string): boolean {
  const [owner, member] = name.split('.')
  if (member !== undefined) return bodiesIn(file, owner!).some((body) => isMember(body, member))
  return isDeclared(file, owner!) || bodiesIn(file, '\\w+').some((body) => isMember(body, owner!))
}

function isDeclared(file: string, name: string): boolean {
  return new RegExp(
    `^(?:export )?(?:async )?(?:function\\*?|class|interface|type|const) ${name}\\b`,
    'm',
  ).test(file)
}

function bodiesIn(file: string, owner: string): string[] {
  const body = new RegExp(`^(?:export )?(?:interface|class) ${owner}\\b[^]*?^\\}`, 'gm')
  return file.match(body) ?? []
}

/** A field or a method, public or private: what stands deeper is a statement. */
function isMember(body: string, name: string): boolean {
  return new RegExp(`^ {2}(?:(?:readonly|async|static|get) )*\\*?#?${name}[?]?[:(<]`, 'm').test(body)
}

const LITERAL = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/.source

function hasTitle(path: string, file: string, title: string): boolean {
  // A transcript is one test, and its name is that of its file.
  if (path.endsWith('.txt')) return path.endsWith(`/scenarios/${title}.txt`)
  return titlesOf(file).includes(title)
}

/** The titles of a file's tests and groups of tests, as they are written there: with the placeholders of a table. */
export function titlesOf(file: string): string[] {
  const calls = new RegExp(`(?:\\b(?:test|describe)(?:\\.\\w+)?|\\))\\(\\s*(?:${LITERAL}),`, 'g')
  return [...file.matchAll(calls)].map(([, single, double, template]) =>
    (single ?? double ?? template!).replaceAll(/\\(.)/g, '$1'),
  )
}
