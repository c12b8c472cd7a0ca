// What a release gives to its users: every package's tarball, alone in an empty directory, runs its README's example.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWithRedis, RedisServer } from '../../packages/storage-redis/test/redis-server.js'
import { ROOT, type WorkspacePackage, workspacePackages } from '../workspace.js'
import { checkTypes, runExample, write } from './example.js'
import { filesIn, install, NoNetwork, NPM_SETTINGS, pack, type Tarballs } from './install.js'
import { atMost } from './lanes.js'
import { endAll, run } from './programs.js'
import { type Readme, readReadme } from './readme.js'
import { print, type Row } from './table.js'

const PACK_MS_MAX = 120_000
/** npm may have to fetch everything first, and others take their turn before. */
const PACKAGE_MS_MAX = 600_000
/** Added to a README's command that takes its time: the same run, with less to measure. */
const SHORTER: Readonly<Record<string, string>> = {
  'riverraft-bench': '--seconds 0.3 --warmup 0.1 --callers 1 --no-bare',
}
const UNWANTED = /(^|\/)(tests?|fixtures)\/|\.test\.|tsconfig|\.tsbuildinfo$/

const published = workspacePackages().filter(({ manifest }) => !manifest.private)
const directory = mkdtempSync(join(tmpdir(), 'riverraft-tarballs-'))
const rows: Row[] = []
const inTurn = atMost(2)
let tarballs: Tarballs

beforeAll(async () => {
  tarballs = await pack(published, directory)
}, PACK_MS_MAX)

afterAll(async () => {
  await endAll()
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  print(rows)
})

for (const one of published) {
  const readme = readReadme(one.dir)
  const group = readme.needsRedis ? describeWithRedis : describe.concurrent
  group(one.manifest.name, () => {
    test(
      'installs alone with npm and runs the example of its README',
      { timeout: PACKAGE_MS_MAX },
      ({ skip }) =>
        inTurn(() => tryOut(one, readme)).catch((error: unknown) => {
          if (error instanceof NoNetwork) skip(error.message)
          throw error
        }),
    )
  })
}

async function tryOut({ dir, manifest }: WorkspacePackage, readme: Readme): Promise<void> {
  const { name, version = '' } = manifest
  const tarball = tarballs.get(name)!
  const row: Row = { name, version, tarballBytes: statSync(tarball).size }
  rows.push(row)
  const own = join(directory, dir)
  mkdirSync(own, { recursive: true })

  row.dependencies = (await install([...new Set([name, ...readme.installed])], tarballs, own)) - 1
  checkContent(join(own, 'node_modules', name), manifest.files ?? [])

  const { example, command } = readme
  expect(example ?? command, `${dir}/README.md: an example`).toBeDefined()
  if (example !== undefined) {
    const redis = readme.needsRedis ? await RedisServer.start() : undefined
    try {
      await write(example, own, redis?.url)
      await checkTypes(example, own)
      row.typesChecked = true
      row.exampleMs = await runExample(example, own)
    } finally {
      await redis?.remove()
    }
  }
  if (command !== undefined) row.commandMs = await runCommand(command, own)
}

function checkContent(content: string, declared: readonly string[]): void {
  // What npm nested there was not in the tarball.
  const files = filesIn(content).filter((file) => !file.startsWith('node_modules/'))
  const top = new Set(files.map((file) => file.split('/')[0]!))
  const expected = ['dist', 'src', 'README.md', 'LICENSE', 'package.json']
  expect([...top]).toEqual(expect.arrayContaining(expected))
  expect([...top].filter((entry) => !expected.includes(entry) && !declared.includes(entry))).toEqual([])
  expect(files.filter((file) => UNWANTED.test(file))).toEqual([])
  expect(readFileSync(join(content, 'LICENSE'), 'utf8')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'))
}

/** The README's `npx` line. What it names is installed, and offline npx finds nothing else. */
async function runCommand(command: readonly string[], own: string): Promise<number> {
  const shorter = command.flatMap((word) => SHORTER[word]?.split(' ') ?? [])
  const startedAt = performance.now()
  await run('npx', [...command, ...shorter], own, { ...NPM_SETTINGS, npm_config_offline: 'true' })
  return performance.now() - startedAt
}
