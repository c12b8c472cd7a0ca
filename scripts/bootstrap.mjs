// Runs every root script from nothing but an old node (>= 18) and npm: fetches the pinned node and pnpm into
// .toolchain/, installs what the lock file names, builds what changed, then runs the target.
// It may use no dependency and no syntax that node 18 lacks.

import { runChecks, typecheck } from './bootstrap/check.mjs'
import { runDemo } from './bootstrap/demo.mjs'
import { BootstrapError } from './bootstrap/errors.mjs'
import { withLock } from './bootstrap/lock.mjs'
import { buildPackages, installDependencies } from './bootstrap/prepare.mjs'
import { run, runToEnd } from './bootstrap/run.mjs'
import { ensureSystemPackages } from './bootstrap/system-packages.mjs'
import { runTests } from './bootstrap/tests.mjs'
import { ensureToolchain } from './bootstrap/toolchain.mjs'

const [target, ...args] = process.argv.slice(2)

/** Everything a target needs, in order; two bootstraps of one tree take turns. */
const prepare = (steps) =>
  withLock(async () => {
    const toolchain = await ensureToolchain()
    for (const step of steps) await step(toolchain)
    return toolchain
  })

const TARGETS = {
  demo: async () => runDemo(await prepare([installDependencies, buildPackages]), args),
  test: async () => runTests(await prepare([ensureSystemPackages, installDependencies, buildPackages]), args),
  build: async () => void (await prepare([installDependencies, buildPackages])),
  check: async () => runChecks(await prepare([ensureSystemPackages, installDependencies, buildPackages])),
  typecheck: async () => typecheck(await prepare([installDependencies, buildPackages])),
  /** A tool of the workspace (biome, changeset, vitest, ...) under the pinned node. */
  exec: async () => run(await prepare([installDependencies]), 'pnpm', ['exec', ...args]),
  /** pnpm itself, in the caller's directory: scripts/pnpm. */
  pnpm: async () => run(await prepare([]), 'pnpm', args, { cwd: process.cwd() }),
}

try {
  const body = TARGETS[target]
  if (!body) {
    throw new BootstrapError('BOOTSTRAP_USAGE', `usage: bootstrap.mjs ${Object.keys(TARGETS).join(' | ')}`)
  }
  runToEnd(await body())
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error
  process.stderr.write(`\n${error.code}: ${error.message}\n`)
  process.exitCode = error.exitCode
}
