// Runs a README's example as it stands, but on ports that are free.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { freePort } from '../../packages/transport-tcp/test/sockets.js'
import { ROOT } from '../workspace.js'
import { Program, run } from './programs.js'
import { type Example, USUAL_REDIS } from './readme.js'

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

/**
 * Writes the example down. Its loopback ports, and the usual one of Redis, could be taken on this machine: they are
 * replaced, and nothing else is.
 */
export async function write(example: Example, directory: string, redisUrl?: string): Promise<void> {
  let source = redisUrl === undefined ? example.source : example.source.replaceAll(USUAL_REDIS, redisUrl)
  const addresses = source.matchAll(/(?<!redis:\/\/)127\.0\.0\.1:\d+|\/ip4\/127\.0\.0\.1\/tcp\/\d+/g)
  for (const address of new Set([...addresses].map(([address]) => address))) {
    const free = address.replace(/\d+$/, String(await freePort()))
    source = source.replaceAll(address, free)
  }
  writeFileSync(join(directory, example.file), source)
}

/** Checks it as strictly as TypeScript can, against the declarations that were installed, and those declarations. */
export async function checkTypes({ file }: Example, directory: string): Promise<void> {
  const compilerOptions = {
    target: 'ES2023',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    skipLibCheck: false,
    noEmit: true,
    // Node's own types, which every project has; a copy that came along goes first.
    types: ['node'],
    typeRoots: ['./node_modules/@types', join(ROOT, 'node_modules/@types')],
  }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
  await run(process.execPath, [TSC, '-p', '.'], directory)
}

/** Runs it, and once more where the README says so, to its end. @returns the first run's milliseconds */
export async function runExample(example: Example, directory: string): Promise<number> {
  const startedAt = performance.now()
  await runOnce(example, directory, false)
  const ms = performance.now() - startedAt
  if (example.printed.some((promised) => promised?.again !== undefined))
    await runOnce(example, directory, true)
  return ms
}

async function runOnce(example: Example, directory: string, again: boolean): Promise<void> {
  const { file, source, processes, printed } = example
  const programs = processes.map((args) => Program.start(process.execPath, [file, ...args], directory))
  if (source.includes('SIGTERM')) {
    await Promise.all(programs.map((program) => program.printed(printed.length)))
    for (const program of programs) program.terminate()
  }
  for (const program of programs) {
    expect(await program.ended, program.output).toEqual({ code: 0, signal: null })
  }
  for (const [index, promised] of printed.entries()) {
    if (promised === undefined) continue
    const values = again && promised.again !== undefined ? [promised.again] : promised.oneOf
    const said = programs.map(({ lines }) => lines[index])
    // Several values and as many processes: each says another one.
    const place = `${file} prints, line ${index + 1}`
    if (values.length === programs.length) expect(said.sort(), place).toEqual([...values].sort())
    else for (const value of said) expect(values, place).toContain(value)
  }
}
