import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.mjs'

/** Runs the tests of every package and ends with their sum, alone on a line. */
export async function runTests(toolchain, args) {
  const dir = mkdtempSync(join(tmpdir(), 'riverraft-tests-'))
  const report = join(dir, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const result = await run(toolchain, 'pnpm', ['exec', 'vitest', 'run', ...reporters, ...args])
    if (result.signal) return result
    const sum = readSum(report)
    // An error outside any test (a lost rejection, say) fails the run; the sum must not look green.
    if (result.code !== 0 && sum.passed > 0 && sum.failed === 0) sum.failed = 1
    process.stdout.write(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`)
    const nothingRan = sum.passed + sum.failed === 0
    return result.code === 0 && (sum.failed > 0 || nothingRan) ? { code: 1 } : result
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Counts tests; a file that could not even be loaded counts as one failure. */
function readSum(file) {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  let report
  try {
    report = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return sum
  }
  for (const { status, assertionResults } of report.testResults) {
    let failedInFile = 0
    for (const { status: outcome } of assertionResults) {
      if (outcome === 'passed') sum.passed += 1
      else if (outcome === 'failed') failedInFile += 1
      else sum.skipped += 1
    }
    sum.failed += status === 'failed' ? Math.max(failedInFile, 1) : failedInFile
  }
  return sum
}
