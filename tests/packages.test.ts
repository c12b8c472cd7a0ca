import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT, workspacePackages } from './workspace.js'

const ENGINES = '^22.12 || ^24 || >=26'

const packages = workspacePackages()
const published = packages.filter(({ manifest }) => !manifest.private)

describe.each(packages)('$dir', ({ manifest }) => {
  test('says who may use it and how', () => {
    expect(manifest).toMatchObject({ license: 'Apache-2.0', type: 'module', engines: { node: ENGINES } })
    expect(manifest.name).toMatch(/^@riverraft\//)
    expect(manifest.description).toBeTruthy()
  })

  test('imports its own workspace by version, never by path', () => {
    const all = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.devDependencies }
    const ours = Object.entries(all).filter(([name]) => name.startsWith('@riverraft/'))
    expect(ours.filter(([, range]) => !range.startsWith('workspace:'))).toEqual([])
  })
})

describe.each(published)('$dir, as published', ({ dir, manifest }) => {
  test('has the version of the group: one number names a set that was tested together', () => {
    expect(manifest.version).toBe(published[0]?.manifest.version)
  })

  test('carries its sources, its README and a provenance', () => {
    expect(existsSync(join(ROOT, dir, 'README.md'))).toBe(true)
    expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'src', 'README.md']))
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true })
    expect(manifest.sideEffects).toBe(false)
  })

  test('exports built ES modules, types first', () => {
    const entries = Object.entries(manifest.exports ?? {}).filter(([, target]) => typeof target !== 'string')
    expect(entries.length + Object.keys(manifest.bin ?? {}).length).toBeGreaterThan(0)
    for (const [entry, target] of entries) {
      const conditions = target as Record<string, string>
      expect(Object.keys(conditions)[0], entry).toBe('types')
      for (const file of Object.values(conditions)) expect(existsSync(join(ROOT, dir, file)), file).toBe(true)
    }
  })

  test('depends on core alone if it is a plugin, or the suite for plugins', () => {
    if (!/^packages\/(transport-.*|storage-.*|kv|conformance)$/.test(dir)) return
    const runtime = {
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...manifest.optionalDependencies,
    }
    expect(Object.keys(runtime).filter((name) => name.startsWith('@riverraft/'))).toEqual(['@riverraft/core'])
  })
})

test('core has no dependency', () => {
  const core = packages.find(({ dir }) => dir === 'packages/core')
  expect(core?.manifest).toBeDefined()
  expect({ ...core?.manifest.dependencies, ...core?.manifest.peerDependencies }).toEqual({})
})

test('the consensus room compiles with nothing but the language', () => {
  const dir = join(ROOT, 'packages/core/src/consensus')
  const config = JSON.parse(readFileSync(join(dir, 'tsconfig.json'), 'utf8').replaceAll(/^\s*\/\/.*$/gm, ''))
  expect(config.compilerOptions).toMatchObject({ lib: ['ES2023'], types: [] })
  expect(compile(dir)).toEqual({ status: 0, stdout: '' })
})

test('the consensus room refuses timers, consoles and node', () => {
  const dir = mkdtempSync(join(tmpdir(), 'riverraft-consensus-'))
  try {
    const parent = join(ROOT, 'packages/core/src/consensus/tsconfig.json')
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ extends: parent, include: ['.'] }))
    writeFileSync(
      join(dir, 'bad.ts'),
      'setTimeout(() => {}, 1)\nconsole.log(1)\nprocess.exit()\ncrypto.randomUUID()\n',
    )
    const { status, stdout } = compile(dir)
    expect(status).not.toBe(0)
    for (const [line, name] of ['setTimeout', 'console', 'process', 'crypto'].entries()) {
      expect(stdout).toMatch(
        new RegExp(`bad\\.ts\\(${line + 1},1\\): error TS\\d+: Cannot find name '${name}'`),
      )
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

test('the lock file names no registry: everybody fetches from their own', () => {
  const lock = readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8')
  expect(lock).not.toMatch(/https?:\/\//)
  expect(lock).not.toMatch(/tarball:/)
})

function compile(dir: string): { status: number | null; stdout: string } {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8' })
  return { status, stdout }
}
