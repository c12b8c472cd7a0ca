// Deliberate bugs are caught: without this, a green run might only mean that nobody looked. All of them:
// node test/mutations/run.mjs
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MUTANTS } from './mutants.js'

/** A few of each kind on every change: votes, disks, commits, reads, forwarding, files. */
const QUICK = MUTANTS.filter(({ seed }) => seed <= 3).filter((_, i) => i % 2 === 0)

test.each(QUICK)('$name', { timeout: 60_000 }, ({ name }) => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'run.mjs'), name],
    { encoding: 'utf8' },
  )
  expect(stderr.replace(/^.*Warning.*\n/gm, '')).toBe('')
  expect(stdout).toMatch(/: seed \d+: [a-z-]+\n$/)
  expect(status).toBe(0)
})
