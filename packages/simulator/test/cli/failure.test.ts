// The command line from a failure to its repetition: with a deliberate bug in the built code, since it should have none.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js')
const LOADER = pathToFileURL(join(import.meta.dirname, '../mutations/load.mjs')).href

let out: string
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'riverraft-sim-'))
})
afterAll(() => rmSync(out, { recursive: true, force: true }))

function sim(mutant: string | undefined, ...args: string[]): { output: string; status: number | null } {
  const options = mutant === undefined ? [] : ['--disable-warning=ExperimentalWarning', '--import', LOADER]
  const { stdout, stderr, status } = spawnSync(process.execPath, [...options, MAIN, ...args], {
    encoding: 'utf8',
    env: { ...process.env, RIVERRAFT_MUTANT: mutant },
  })
  return { output: stdout + stderr, status }
}

const MUTANT = 'an old term committed by counting'

test('a violation fails the command, and what it says repeats it exactly', { timeout: 300_000 }, () => {
  const found = sim(MUTANT, '--seeds', '1..2', '--jobs', '2', '--shrink-runs', '10', '--out', out)
  expect(found.output).toMatch(/seed \d: commit-rule at \d+ ms: /)
  expect(found.output).toMatch(/[1-9] violations/)
  expect(found.status).toBe(1)
  const [, file] = /pnpm sim --replay (\S+\.json)/.exec(found.output) ?? []
  expect(file?.startsWith(out)).toBe(true)

  const repeated = sim(MUTANT, '--replay', file!)
  expect(repeated.output).toContain('repeated exactly')
  expect(repeated.output).toMatch(/got: {6}commit-rule: /)
  expect(repeated.status).toBe(1)

  const [, seed] = /pnpm sim --seed (\d+)/.exec(found.output) ?? []
  expect(sim(MUTANT, '--seed', seed!, '--shrink-runs', '1', '--out', out).output).toContain('commit-rule')

  const mended = sim(undefined, '--replay', file!)
  expect(mended.output).toMatch(/got: {6}no violation/)
  expect(mended.status).toBe(0)
})

test('a row of the coverage table at zero fails the command', { timeout: 120_000 }, () => {
  const { output, status } = sim(undefined, '--seed', '1', '--seconds', '1', '--coverage')
  expect(output).toMatch(/ 0 {2}nemesis: wipe {3}<- never/)
  expect(output).toMatch(/never reached: .*nemesis: wipe/)
  expect(output).toContain('0 violations')
  expect(status).toBe(1)
})

test('a wrong argument is not a success', { timeout: 60_000 }, () => {
  const { output, status } = sim(undefined, '--seeds', '9..3')
  expect(output).toContain('not a range of seeds: 9..3')
  expect(status).toBe(2)
})

test('progress comes by the clock, and Ctrl-C ends with the summary', { timeout: 300_000 }, async () => {
  const child = spawn(process.execPath, [MAIN, '--minutes', '60', '--jobs', '2'])
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (/[1-9]\d* seeds, .* faults, 0 violations/.test(output) && !child.killed) child.kill('SIGINT')
  })
  const status = await new Promise((resolve) => child.on('close', resolve))
  expect(output).toMatch(/^seeds from \d+, 60 virtual seconds of faults each\n/)
  expect(output).toMatch(
    /\ninterrupted\n\d+ s: \d+ seeds, [\d.]+ hours simulated, \d+ faults, 0 violations\n/,
  )
  expect(output).toMatch(/simulated seconds per cpu second/)
  expect(status).toBe(130)
})
