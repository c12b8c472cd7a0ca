import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { projectDirs, ROOT } from './paths.mjs'
import { run, runCaptured } from './run.mjs'
import { runTests } from './tests.mjs'

/** Everything that must hold before a change is merged, in the order in which it is cheap to learn. */
const CHECKS = {
  'format and lint': lint,
  types: typecheck,
  'tests and import rule': (toolchain) => runTests(toolchain, []),
  packages: checkPackages,
}

/** Runs every check, even after one has failed, and says which did. The working tree must be as clean as before. */
export async function runChecks(toolchain) {
  const before = await workingTree(toolchain)
  const failed = []
  for (const [name, check] of Object.entries(CHECKS)) {
    process.stdout.write(`\ncheck: ${name}\n`)
    const result = await check(toolchain)
    if (result.signal) return result
    if (result.code !== 0) failed.push(name)
  }
  // Somebody's own unfinished work is not our mess; in a clean tree everything new is.
  if (before === '' && (await workingTree(toolchain)) !== '') failed.push('clean tree')
  process.stdout.write(
    failed.length === 0 ? '\ncheck: all passed\n' : `\ncheck: failed: ${failed.join(', ')}\n`,
  )
  return { code: failed.length === 0 ? 0 : 1 }
}

function lint(toolchain) {
  const colors = process.stdout.isTTY ? 'force' : 'off'
  return run(toolchain, 'pnpm', ['exec', 'biome', 'ci', '--error-on-warnings', `--colors=${colors}`, '.'])
}

/** The sources were checked by the build; this checks the tests and the repository's own scripts. */
export function typecheck(toolchain) {
  return run(toolchain, 'pnpm', ['exec', 'tsc', '-p', 'tsconfig.test.json'])
}

/** Packs every published package as npm would and inspects the tarball, not the folder. */
async function checkPackages(toolchain) {
  const dir = mkdtempSync(join(tmpdir(), 'riverraft-pack-'))
  let code = 0
  try {
    for (const { name, path, isImported } of publishedPackages()) {
      const tarball = join(dir, `${name}.tgz`)
      const steps = [
        ['pack', '--out', tarball],
        ['exec', 'publint', tarball, '--strict', '--pack', 'false'],
      ]
      // Of a package that has nothing but commands nobody imports types.
      if (isImported)
        steps.push(['exec', 'attw', tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii'])
      for (const [index, step] of steps.entries()) {
        const cwd = index === 0 ? path : ROOT
        const result = await runCaptured(toolchain, 'pnpm', step, { cwd, quiet: true })
        if (result.signal) return result
        if (result.code === 0) continue
        process.stdout.write(`${name}: ${step[0] === 'exec' ? step[1] : step[0]} failed\n${result.output}\n`)
        code = 1
        break
      }
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  return { code }
}

function publishedPackages() {
  return projectDirs()
    .map((dir) => ({ dir, manifest: JSON.parse(readFileSync(join(ROOT, dir, 'package.json'), 'utf8')) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ dir, manifest }) => ({
      name: basename(dir),
      path: join(ROOT, dir),
      isImported: manifest.exports !== undefined,
    }))
}

async function workingTree(toolchain) {
  const { output } = await runCaptured(toolchain, 'git', ['status', '--porcelain'], { quiet: true })
  return output
}
