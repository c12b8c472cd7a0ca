// riverraft-bench storage, with tiny sizes: every figure is there, and nothing is left behind.
import { afterEach, expect, test } from 'vitest'
import { endAll, start } from './programs.js'

afterEach(endAll)

const TINY = [
  '--entries',
  '1,64',
  '--payloads',
  '256,1024',
  '--seconds',
  '0.2',
  '--segment',
  '1',
  '--scan',
  '2',
]

test('appends beside the bare loop, 70 % load, and a log read back', async () => {
  const program = start(['storage', ...TINY, '--json', 'storage.json'])
  expect(await program.exited, program.output).toEqual({ code: 0, signal: null })
  for (const line of [/^ +1 +256( +[\d,.]+){6}$/m, /^ +64 +1,024( +[\d,.]+){6}$/m, /segmentWaits \d+$/m])
    expect(program.output).toMatch(line)
  const { conditions, options, appends, paced, scans } = program.json('storage.json')
  expect(conditions.node).toBe(process.version)
  expect(options).toMatchObject({ entries: [1, 64], segmentBytes: 2 ** 20 })
  expect(appends).toHaveLength(4)
  for (const { batches, bare, storage, ratio } of appends) {
    expect(batches).toBeGreaterThan(0)
    expect(ratio).toBeCloseTo(storage.batchesPerSecond / bare.batchesPerSecond, 5)
  }
  expect(paced.map(({ compacts }: { compacts: boolean }) => compacts)).toEqual([true, false])
  for (const { wantedPerSecond, batchesPerSecond } of paced)
    expect(batchesPerSecond).toBeLessThan(1.2 * wantedPerSecond)
  // Two MiB in blocks of 64, and single entries of 256 B in a quarter of that, at least one batch of a MiB.
  expect(scans.map(({ logEntries }: { logEntries: number }) => logEntries)).toEqual([8_192, 2_048, 4_096])
  for (const { fileBytes, openMs, readMs, applyMs } of scans) {
    expect(fileBytes).toBeGreaterThan(2 ** 19)
    for (const ms of [openMs, readMs, applyMs]) expect(ms).toBeGreaterThan(0)
  }
  expect(program.files).toEqual(['storage.json'])
  expect(program.processes).toEqual([])
})

test('Ctrl-C ends it, and removes every file', async () => {
  const program = start(['storage', '--seconds', '60', '--segment', '1'])
  await program.seen(/^entries/m)
  program.signal('SIGINT')
  expect((await program.exited).code).toBe(130)
  expect(program.files).toEqual([])
  expect(program.processes).toEqual([])
})
