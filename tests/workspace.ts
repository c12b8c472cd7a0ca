import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The root of the repository. */
export const ROOT: string = join(import.meta.dirname, '..')

/** What the repository's tests read of a package.json. */
export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly license?: string
  readonly type?: string
  readonly sideEffects?: unknown
  readonly description?: string
  readonly engines?: Record<string, string>
  readonly exports?: Record<string, unknown>
  readonly bin?: Record<string, string>
  readonly files?: readonly string[]
  readonly scripts?: Record<string, string>
  readonly publishConfig?: Record<string, unknown>
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

/** A package or app: `dir` is relative to the root, with forward slashes. */
export interface WorkspacePackage {
  readonly dir: string
  readonly manifest: Manifest
}

export function workspacePackages(): WorkspacePackage[] {
  return ['packages', 'apps'].flatMap((group) => {
    const names = existsSync(join(ROOT, group)) ? readdirSync(join(ROOT, group)).sort() : []
    return names
      .map((name) => `${group}/${name}`)
      .filter((dir) => existsSync(join(ROOT, dir, 'package.json')))
      .map((dir) => ({ dir, manifest: readManifest(join(ROOT, dir, 'package.json')) }))
  })
}

/** Every source and test file of every package and app, relative to the root. */
export function sourceFiles(): string[] {
  return workspacePackages()
    .flatMap(({ dir }) => [`${dir}/src`, `${dir}/test`])
    .filter((dir) => existsSync(join(ROOT, dir)))
    .flatMap((dir) =>
      readdirSync(join(ROOT, dir), { recursive: true, encoding: 'utf8' }).map((name) =>
        `${dir}/${name}`.replaceAll('\\', '/'),
      ),
    )
    .filter((path) => /\.[cm]?tsx?$/.test(path) && !path.includes('/node_modules/'))
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}
