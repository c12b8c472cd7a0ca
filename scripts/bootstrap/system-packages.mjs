import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BootstrapError } from './errors.mjs'
import { environment, runCaptured } from './run.mjs'

/** What the tests need and the npm registry does not have. `programs`: any one of them will do. */
const SYSTEM_PACKAGES = [
  {
    name: 'redis-server',
    programs: ['redis-server', 'valkey-server'],
    services: ['redis-server'],
    usedBy: 'the tests of @riverraft/storage-redis',
  },
]

const LOCK_WAIT_MS_MAX = 120_000
/** Wait for others, but not for a network that does not answer. */
const APT_OPTIONS = ['-q', '-o', 'DPkg::Lock::Timeout=60', '-o', 'Acquire::http::Timeout=15']

/**
 * Installs what is missing from the distribution's packages: as root on a Debian-like system. Elsewhere it says what
 * will be skipped and how to install it; under CI nothing is skipped, so there it fails.
 */
export async function ensureSystemPackages() {
  const missing = SYSTEM_PACKAGES.filter(({ programs }) => !programs.some(answers))
  if (missing.length === 0) return
  const reason = mayInstall() ? await install(missing) : 'only root on a Debian-like system may install it'
  for (const { name, programs, usedBy } of missing) {
    if (programs.some(answers)) continue
    const how = `To run them: apt-get install ${name} (brew install ${name.replace(/-server$/, '')})`
    const what = `${name} is missing (${reason ?? 'its package does not contain it'})`
    if (isCi()) throw new BootstrapError('BOOTSTRAP_SYSTEM_PACKAGE', `${what}; ${usedBy} need it.\n${how}`)
    process.stderr.write(`bootstrap: ${what}; ${usedBy} will be skipped. ${how}\n`)
  }
}

/** An interrupted installation may leave a program that cannot run. */
function answers(program) {
  return isInstalled(program) && spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
}

function isInstalled(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin']
  return folders.some((folder) => folder !== '' && isExecutable(join(folder, program)))
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function mayInstall() {
  return process.getuid?.() === 0 && isInstalled('apt-get') && isInstalled('dpkg')
}

/** As CI services set it. */
function isCi() {
  return !['', '0', 'false', undefined].includes(process.env.CI)
}

/** Resolves to why it did not work, undefined when it did. */
async function install(missing) {
  const names = missing.map(({ name }) => name)
  process.stderr.write(
    `bootstrap: installing ${names.join(', ')} with apt-get (once; no service is started)\n`,
  )
  const letServicesBe = keepServicesFromStarting()
  try {
    // Old package lists name versions that are no longer there; without a network they may still do.
    await apt(['update'])
    const { code, output } = await apt(['install', '-y', '--no-install-recommends', ...names])
    if (code !== 0) {
      process.stderr.write(output)
      return 'apt-get failed, its reason is above'
    }
  } finally {
    letServicesBe()
  }
  // Nor at the next start of this machine: the tests run servers of their own.
  const services = missing.flatMap((one) => one.services)
  if (existsSync('/run/systemd/system')) await system('systemctl', ['disable', '--now', ...services])
  return undefined
}

/** apt-get, waiting for whoever else uses it, and repairing once what an interrupted one left behind. */
async function apt(args) {
  const deadline = Date.now() + LOCK_WAIT_MS_MAX
  let repaired = false
  for (;;) {
    const result = await system('apt-get', [...APT_OPTIONS, ...args])
    if (result.code === 0) return result
    if (/Could not get lock|Unable to (lock|acquire)/.test(result.output) && Date.now() < deadline) {
      await sleep(1_000)
    } else if (/dpkg --configure -a|fix-broken/.test(result.output) && !repaired) {
      repaired = true
      await system('dpkg', ['--configure', '-a'])
      await system('apt-get', ['-q', '-y', '--fix-broken', 'install'])
    } else {
      return result
    }
  }
}

async function system(program, args) {
  const env = { ...environment(undefined), DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' }
  const result = await runCaptured(undefined, program, args, { env, quiet: true })
  if (!result.signal) return result
  throw new BootstrapError(
    'BOOTSTRAP_INTERRUPTED',
    `${program} was ended by ${result.signal}; run again.`,
    130,
  )
}

const POLICY_FILE = '/usr/sbin/policy-rc.d'
const POLICY_MARK = '# Written by the test bootstrap of River Raft'

/**
 * A package starts its service unless this policy forbids it. Ours forbids only while this process lives, so one that
 * was left behind by a power cut does nothing. A policy that is already there is somebody's decision and stays.
 */
function keepServicesFromStarting() {
  if (existsSync(POLICY_FILE) && !readFileSync(POLICY_FILE, 'utf8').includes(POLICY_MARK)) return () => {}
  const policy = `#!/bin/sh\n${POLICY_MARK}: it may be removed.\nkill -0 ${process.pid} 2>/dev/null && exit 101\nexit 0\n`
  writeFileSync(POLICY_FILE, policy, { mode: 0o755 })
  return () => {
    if (existsSync(POLICY_FILE) && readFileSync(POLICY_FILE, 'utf8') === policy) rmSync(POLICY_FILE)
  }
}
