import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT, sourceFiles, workspacePackages } from '../workspace.js'
import { checkImports } from './rule.js'

const APPS: ReadonlySet<string> = new Set(['@riverraft/p2p-demo'])

/** A file, what it says on its second line, and what the rule answers (undefined: nothing). */
type Case = readonly [path: string, line: string, offence: string | undefined]

const CASES: Record<string, readonly Case[]> = {
  'consensus imports nothing outside itself': [
    ['packages/core/src/consensus/step.ts', "import { majority } from './quorum.js'", undefined],
    ['packages/core/src/consensus/a/b.ts', "import { majority } from '../quorum.js'", undefined],
    [
      'packages/core/src/consensus/step.ts',
      "import type { Wire } from '../wire/frame.js'",
      'consensus does not import wire',
    ],
    [
      'packages/core/src/consensus/step.ts',
      "import '../index.js'",
      'consensus does not import what stands outside the rooms',
    ],
    ['packages/core/src/consensus/step.ts', "import ms from 'ms'", 'core has no dependency'],
    [
      'packages/core/src/consensus/step.ts',
      "let x: import('../node/a.js').A",
      'consensus does not import node',
    ],
  ],
  'ports and wire import only types from consensus': [
    ['packages/core/src/wire/codec.ts', "import type { Term } from '../consensus/types.js'", undefined],
    ['packages/core/src/wire/codec.ts', "export type { Term } from '../consensus/types.js'", undefined],
    ['packages/core/src/wire/codec.ts', "import { RaftError } from '../ports/errors.js'", undefined],
    [
      'packages/core/src/wire/codec.ts',
      "import { step } from '../consensus/step.js'",
      'wire imports only types from consensus',
    ],
    [
      'packages/core/src/wire/codec.ts',
      "import { type Term } from '../consensus/types.js'",
      'wire imports only types from consensus',
    ],
    [
      'packages/core/src/ports/storage.ts',
      "export * from '../consensus/types.js'",
      'ports imports only types from consensus',
    ],
    [
      'packages/core/src/ports/storage.ts',
      "import { encode } from '../wire/codec.js'",
      'ports imports only types from wire',
    ],
    [
      'packages/core/src/ports/storage.ts',
      "import type { RaftNode } from '../node/a.js'",
      'ports does not import node',
    ],
  ],
  'links and node stand side by side': [
    ['packages/core/src/links/redial.ts', "import { encode } from '../wire/codec.js'", undefined],
    [
      'packages/core/src/links/redial.ts',
      "import { step } from '../consensus/step.js'",
      'links imports only types from consensus',
    ],
    [
      'packages/core/src/links/redial.ts',
      "import { loop } from '../node/loop.js'",
      'links does not import node',
    ],
    ['packages/core/src/node/loop.ts', "import { step } from '../consensus/step.js'", undefined],
    [
      'packages/core/src/node/loop.ts',
      "const x = await import('../links/redial.js')",
      'node does not import links',
    ],
    ['packages/core/src/node/loop.ts', 'const x = await import(name)', 'core says what it imports'],
    ['packages/core/src/index.ts', "export * from './node/loop.js'", undefined],
  ],
  'core runs in a browser': [
    ['packages/core/src/wire/crc32-node.ts', "import { crc32 } from 'node:zlib'", undefined],
    ['packages/core/src/wire/frame.ts', "import { crc32 } from '#crc32'", undefined],
    ['packages/core/src/node/loop.ts', "import { crc32 } from '#crc32'", 'only wire computes checksums'],
    ['packages/core/src/node/loop.ts', "import { readFile } from 'node:fs'", 'core runs in a browser too'],
    [
      'packages/core/src/node/loop.ts',
      'const b = Buffer.alloc(1)',
      'uses Buffer: core runs in a browser too',
    ],
    ['packages/core/src/node/loop.ts', 'const e = process.env', 'uses process: core runs in a browser too'],
    ['packages/core/src/node/loop.ts', 'const e = batch.process', undefined],
  ],
  'plugins import core and their driver': [
    ['packages/transport-tcp/src/index.ts', "import { createLinks } from '@riverraft/core/links'", undefined],
    ['packages/storage-redis/src/index.ts', "import { Redis } from 'ioredis'", undefined],
    ['packages/storage-file/src/index.ts', "import { open } from 'node:fs'", undefined],
    [
      'packages/kv/src/index.ts',
      "import '@riverraft/storage-memory'",
      'a plugin imports @riverraft/core and its driver',
    ],
    [
      'packages/conformance/src/storage/index.ts',
      "import '@riverraft/storage-memory'",
      'a plugin imports @riverraft/core and its driver',
    ],
    [
      'packages/kv/src/index.ts',
      "import '../../core/src/index.js'",
      'a package is imported by its name, not by a path',
    ],
    ['packages/kv/test/kv.test.ts', "import '@riverraft/storage-memory'", undefined],
    [
      'packages/kv/test/kv.test.ts',
      "import '../../core/src/index.js'",
      'a package is imported by its name, not by a path',
    ],
  ],
  'the simulator has no real network': [
    ['packages/simulator/src/cluster.ts', "import '@riverraft/storage-file'", undefined],
    ['packages/simulator/src/cluster.ts', "import '@riverraft/transport-memory'", undefined],
    [
      'packages/simulator/src/cluster.ts',
      "import '@riverraft/transport-tcp'",
      'the simulator has a network of its own',
    ],
    [
      'packages/simulator/src/cluster.ts',
      "import '@riverraft/transport-libp2p/x'",
      'the simulator has a network of its own',
    ],
  ],
  'nobody imports an app': [
    ['apps/benchmark/src/cli.ts', "import '@riverraft/transport-tcp'", undefined],
    ['apps/benchmark/src/cli.ts', "import '@riverraft/p2p-demo'", 'nobody imports an app'],
    ['packages/inspector/test/a.test.ts', "import '@riverraft/p2p-demo/x'", 'nobody imports an app'],
    [
      'apps/benchmark/src/cli.ts',
      "import '../../p2p-demo/src/cli.js'",
      'a package is imported by its name, not by a path',
    ],
  ],
}

for (const [rule, cases] of Object.entries(CASES)) {
  describe(rule, () => {
    test.each(cases)('%s: %s', (path, line, offence) => {
      const offences = checkImports(path, `// A comment: import 'ms' from 'nowhere'\n${line}\n`, APPS)
      if (offence === undefined) expect(offences).toEqual([])
      else {
        expect(offences).toHaveLength(1)
        expect(offences[0]).toContain(`${path}:2: `)
        expect(offences[0]).toContain(offence)
      }
    })
  })
}

test('an offence names the file, the line and the import', () => {
  const source = "import { a } from './a.js'\n\nimport {\n  b,\n} from '@riverraft/storage-file'\n"
  expect(checkImports('packages/kv/src/index.ts', source, APPS)).toEqual([
    "packages/kv/src/index.ts:3: imports '@riverraft/storage-file': a plugin imports @riverraft/core and its driver",
  ])
})

test('the whole tree obeys the rule', () => {
  const appNames = new Set(
    workspacePackages().flatMap(({ dir, manifest }) => (dir.startsWith('apps/') ? [manifest.name] : [])),
  )
  const files = sourceFiles()
  expect(files.length).toBeGreaterThan(0)
  expect(
    files.flatMap((path) => checkImports(path, readFileSync(join(ROOT, path), 'utf8'), appNames)),
  ).toEqual([])
})
