// Tarballs as a release has them, installed by npm into an empty directory.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, type WorkspacePackage } from '../workspace.js'
import { run } from './programs.js'

const { CI = '' } = process.env
const MUST_RUN = !['', '0', 'false'].includes(CI)
const NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED/
const QUIET = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' }

/** What is in npm's cache is not fetched again; what must be fetched fails after seconds, not minutes. */
export const NPM_SETTINGS = {
  ...QUIET,
  npm_config_loglevel: 'error',
  npm_config_prefer_offline: 'true',
  npm_config_fetch_retries: '1',
  npm_config_fetch_retry_mintimeout: '1000',
}

export type Tarballs = ReadonlyMap<string, string>

/** The network is not there, and this machine need not have one. */
export class NoNetwork extends Error {
  override readonly name: string = 'NoNetwork'
}

/** Packs what would be published, all at once. */
export async function pack(packages: readonly WorkspacePackage[], directory: string): Promise<Tarballs> {
  const filters = packages.flatMap(({ manifest }) => ['--filter', manifest.name])
  const pnpm = [join(ROOT, 'scripts/bootstrap.mjs'), 'pnpm', '--recursive', ...filters]
  await run(process.execPath, [...pnpm, 'pack', '--pack-destination', directory], ROOT)
  return new Map(
    packages.map(({ manifest: { name, version } }) => {
      const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
      return [name, join(directory, file)]
    }),
  )
}

/**
 * Installs these packages and what they declare. Those of the workspace come from their tarballs, at whatever depth:
 * no registry is asked for them.
 * @returns how many packages that made
 * @throws NoNetwork where there is none and none is demanded
 */
export async function install(
  names: readonly string[],
  tarballs: Tarballs,
  directory: string,
): Promise<number> {
  const overrides = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]))
  const dependencies = Object.fromEntries(names.map((name) => [name, overrides[name] ?? 'latest']))
  const manifest = { private: true, type: 'module', dependencies, overrides }
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest))
  try {
    await run('npm', ['install'], directory, NPM_SETTINGS)
  } catch (error) {
    if (MUST_RUN || !NETWORK.test(String(error))) throw error
    throw new NoNetwork('npm reaches no registry, and its cache lacks what is needed. Connect and run again')
  }
  const lock = readFileSync(join(directory, 'node_modules/.package-lock.json'), 'utf8')
  const { packages } = JSON.parse(lock) as { packages: Record<string, { resolved?: string }> }
  for (const [path, { resolved }] of Object.entries(packages)) {
    if (path.startsWith('node_modules/@riverraft/') && resolved?.startsWith('file:') !== true)
      throw new Error(`${path} is not from its tarball, but from ${resolved}`)
  }
  return Object.keys(packages).length
}

/** Every file in a directory: paths relative to it, with forward slashes. */
export function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(directory, name)).isFile())
    .map((name) => name.replaceAll('\\', '/'))
}
