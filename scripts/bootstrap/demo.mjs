import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BootstrapError } from './errors.mjs'
import { ROOT } from './paths.mjs'
import { run } from './run.mjs'

const CLI = join('apps', 'p2p-demo', 'dist', 'cli.js')

/** `riverraft-demo up` with what the caller added. */
export function runDemo(toolchain, args) {
  if (!existsSync(join(ROOT, CLI))) {
    throw new BootstrapError('BOOTSTRAP_DEMO', `${CLI} is missing after the build.`)
  }
  return run(toolchain, 'node', [CLI, 'up', ...args])
}
