import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const TOOLCHAIN_DIR = join(ROOT, '.toolchain')

/** The pins: .node-version and the packageManager field, which CI services and editors understand too. */
export function pinnedVersions() {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return {
    node: readFileSync(join(ROOT, '.node-version'), 'utf8').trim(),
    pnpm: manifest.packageManager.replace(/^pnpm@/, ''),
  }
}

/** The folder of every package and app, relative to the root. */
export function projectDirs() {
  return ['packages', 'apps']
    .flatMap((group) =>
      existsSync(join(ROOT, group)) ? readdirSync(join(ROOT, group)).map((name) => join(group, name)) : [],
    )
    .filter((dir) => existsSync(join(ROOT, dir, 'package.json')))
    .sort()
}
