import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BootstrapError, fetchFailure } from './errors.mjs'
import { projectDirs, ROOT } from './paths.mjs'
import { runCaptured } from './run.mjs'

const STAMP_FILE = join(ROOT, 'node_modules', '.cache', 'bootstrap-stamp')

/** Installs exactly what the lock file names; skipped while it and the manifests are as they were. */
export async function installDependencies(toolchain) {
  if (existsSync(STAMP_FILE) && readFileSync(STAMP_FILE, 'utf8') === manifestDigest()) return
  rmSync(STAMP_FILE, { force: true })
  process.stderr.write('bootstrap: installing the dependencies that pnpm-lock.yaml names\n')
  const flags = ['--frozen-lockfile', '--prefer-offline', '--reporter=append-only']
  // pnpm's own waits between retries add up to minutes before it admits that there is no network.
  const retries = ['fetch-retries=2', 'fetch-retry-mintimeout=500', 'fetch-retry-maxtimeout=2000']
  const config = retries.map((setting) => `--config.${setting}`)
  const result = await runCaptured(toolchain, 'pnpm', ['install', ...flags, ...config])
  if (result.signal) throw interrupted('pnpm install', result.signal)
  if (result.code !== 0) throw fetchFailure('The dependencies', result.output)
  mkdirSync(dirname(STAMP_FILE), { recursive: true })
  writeFileSync(STAMP_FILE, manifestDigest())
}

/** Builds what has changed since the last build. */
export async function buildPackages(toolchain) {
  const flags = ['--output-logs=errors-only', '--log-order=grouped', '--no-color']
  const result = await runCaptured(toolchain, 'pnpm', ['exec', 'turbo', 'run', 'build', ...flags], {
    quiet: true,
  })
  if (result.code === 0) return
  process.stderr.write(result.output)
  if (result.signal) throw interrupted('the build', result.signal)
  throw new BootstrapError('BOOTSTRAP_BUILD', 'the build failed; the errors are above.', result.code)
}

function interrupted(what, signal) {
  return new BootstrapError('BOOTSTRAP_INTERRUPTED', `${what} was ended by ${signal}; run again.`, 130)
}

/** Changes whenever an install could come out differently, or node_modules has been removed. */
function manifestDigest() {
  const hash = createHash('sha256')
  const projects = projectDirs()
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', '.node-version']
  for (const file of [...files, ...projects.map((dir) => join(dir, 'package.json'))]) {
    if (existsSync(join(ROOT, file))) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)))
  }
  for (const dir of projects) hash.update(existsSync(join(ROOT, dir, 'node_modules')) ? '1' : '0')
  return hash.digest('hex')
}
