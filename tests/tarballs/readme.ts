// What a README tells its reader to install and to run, and what it says will be printed.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../workspace.js'

/** What the comment behind a `console.log` says will be printed: one of these, and, run again, something else. */
export interface Promised {
  readonly oneOf: readonly string[]
  readonly again: string | undefined
}

export interface Example {
  /** The name that the README gives it; `example.ts` when it gives none. */
  readonly file: string
  readonly source: string
  /** The arguments of every process it runs as: `node counter.ts a` and so on; usually one process without any. */
  readonly processes: readonly (readonly string[])[]
  /** One per `console.log`, in their order; undefined where the comment promises nothing. */
  readonly printed: readonly (Promised | undefined)[]
}

export interface Readme {
  /** The packages of its `npm install` lines. */
  readonly installed: readonly string[]
  /** Its first block of TypeScript. */
  readonly example: Example | undefined
  /** Its first `npx` line, without `npx`. */
  readonly command: readonly string[] | undefined
  /** Its example expects a Redis at the usual place. */
  readonly needsRedis: boolean
}

/** Where the examples expect a Redis. */
export const USUAL_REDIS = 'redis://127.0.0.1:6379'

/** @param dir of the package, relative to the root */
export function readReadme(dir: string): Readme {
  const file = join(ROOT, dir, 'README.md')
  // Without one its own test fails, not all of them.
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const lines = blocks(text, 'sh').flatMap((block) => block.split('\n').map(withoutComment))
  const [source] = blocks(text, 'ts')
  const command = lines.find((line) => line.startsWith('npx '))
  return {
    installed: lines.flatMap((line) =>
      line.startsWith('npm install ') ? line.split(' ').slice(2).filter(isPackage) : [],
    ),
    example: source === undefined ? undefined : exampleOf(source),
    command: command?.split(/\s+/).slice(1),
    needsRedis: source?.includes(USUAL_REDIS) ?? false,
  }
}

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block]) => block!)
}

function withoutComment(line: string): string {
  return line.replace(/\s+#.*$/, '').trim()
}

function isPackage(word: string): boolean {
  return word !== '' && !word.startsWith('-')
}

function exampleOf(source: string): Example {
  const commands = [...source.matchAll(/`node (\S+\.ts)((?: [\w-]+)*)`/g)]
  return {
    file: commands[0]?.[1] ?? 'example.ts',
    source,
    processes:
      commands.length === 0 ? [[]] : commands.map(([, , words]) => words!.split(' ').filter(Boolean)),
    printed: [...source.matchAll(/^ *console\.log\(.*\) *(?:\/\/ (.*))?$/gm)].map(([, comment]) =>
      promiseOf(comment ?? ''),
    ),
  }
}

/** `2: what apply returned`, `1, 2 or 3: on any member`, `1; run it again, and it says 2`. */
function promiseOf(comment: string): Promised | undefined {
  const [, values] = /^([^:;]+)[:;]/.exec(comment) ?? []
  if (values === undefined) return undefined
  const [, again] = /run it again, and it says (\S+)/.exec(comment) ?? []
  return { oneOf: values.split(/, | or /), again }
}
