// Every crash of a recorded workload: what was acknowledged is there, and what opens is a valid log.
import { expect, test } from 'vitest'
import { Broken, type EnumerateOptions, Enumerator } from './enumerate.js'
import type { Recording } from './operations.js'
import { SABOTAGES } from './sabotage.js'
import { workload } from './workload.js'

/** RIVERRAFT_CRASHES=16 looks at more than ten times as many states; RIVERRAFT_SEED repeats a run. */
const { RIVERRAFT_CRASHES = '1', RIVERRAFT_SEED } = process.env
const FACTOR = Number(RIVERRAFT_CRASHES)
const SEED = Number(RIVERRAFT_SEED ?? Date.now() % 1_000_000)

async function enumerate(
  options: EnumerateOptions,
): Promise<{ enumerator: Enumerator; recording: Recording }> {
  const enumerator = new Enumerator(options)
  const recording = enumerator.disk()
  await workload(recording, options.wiring)
  await enumerator.enumerate(recording)
  return { enumerator, recording }
}

test.each([true, false])(
  `no crash loses what was acknowledged, O_DSYNC %s, seed ${SEED}`,
  async (writesThrough) => {
    const { enumerator, recording } = await enumerate({
      writesThrough,
      seed: SEED,
      filesMax: 32 * FACTOR,
      imagesMax: 64 * FACTOR,
      againEvery: Math.max(1, Math.round(64 / FACTOR)),
      deathEvery: Math.max(1, Math.round(8 / FACTOR)),
    })
    const { operations, crashes, states, repeated } = enumerator.count
    console.log(
      `${recording.operations.length} operations recorded, ${operations - recording.operations.length} in openings ` +
        `after a crash; ${crashes} crashes; ${states} states opened, ${repeated} images seen before`,
    )
    expect(states).toBeGreaterThan(1_500)
    expect(reached(recording)).toEqual([
      'create segment',
      'gone segment',
      'gone snap',
      'rename format',
      'rename segment',
      'rename snap',
    ])
  },
  FACTOR * 240_000,
)

/** What happened to which kind of file, unfinished and spare ones apart. */
function reached({ operations }: Recording): string[] {
  const found = operations.flatMap((operation) => {
    switch (operation.type) {
      case 'create':
        return `create ${kindOf(operation.path)}`
      case 'rename':
        return [`gone ${kindOf(operation.from)}`, `rename ${kindOf(operation.to)}`]
      case 'remove':
        return `gone ${kindOf(operation.path)}`
      default:
        return []
    }
  })
  return [...new Set(found)].filter((one) => !/spare|tmp/.test(one)).sort()
}

function kindOf(path: string): string {
  return path.replace(/^.*\/(\d[\d-]*\.)?/, '')
}

const cases = Object.entries(SABOTAGES).flatMap(([what, { writesThrough, ...sabotage }]) =>
  [true, false]
    .filter((one) => writesThrough === undefined || one === writesThrough)
    .map((one) => ({ what, writesThrough: one, sabotage })),
)

test.each(cases)(
  'it is noticed when $what, O_DSYNC $writesThrough',
  async ({ writesThrough, sabotage }) => {
    const limits = { filesMax: 16, imagesMax: 8, againEvery: 64, deathEvery: 2 }
    const enumerating = enumerate({ writesThrough, seed: SEED, ...limits, ...sabotage })
    await expect(enumerating).rejects.toThrow(Broken)
  },
  120_000,
)
