// The museum itself: every bug still fits the rule it was made for, and the simulator finds some of them at once.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Replay, registers, registerWorkload, simulate } from '@riverraft/simulator'
import { describe, expect, test } from 'vitest'
import { UNMUTATED } from '../dist/exhibition.js'
import { INVARIANTS_OFF } from '../dist/invariants-off.js'
import { MUTANTS } from '../dist/mutants/index.js'
import { WANTED } from '../dist/mutants/wanted.js'
import { PatchError, patchedFiles } from '../dist/patch.js'
import { storyFile } from '../dist/protocol.js'
import { tryMutant } from '../dist/trial.js'

describe('the collection', () => {
  test('has enough mutants, each with a name of its own and a story', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(140)
    const all = [...MUTANTS, ...WANTED]
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    for (const { name, story } of all) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(story).toMatch(/^[A-Z].*\.$/)
    }
  })

  test.each([...MUTANTS, ...WANTED])('$name applies, and what it changes still parses', ({ name, edits }) => {
    const built = patchedFiles(name, [])
    const mutated = patchedFiles(name, edits)
    expect(mutated.size).toBeGreaterThan(built.size)
    expect(patchedFiles(name, [...edits, ...INVARIANTS_OFF]).size).toBeGreaterThan(0)
  })
})

describe('a patch', () => {
  const file = 'core/src/consensus/quorum.ts'

  test('that does not apply any more fails with the name of its mutant', () => {
    const edit = { file, find: 'no such line', replace: '' }
    expect(() => patchedFiles('vanished', [edit])).toThrow(PatchError)
    expect(() => patchedFiles('vanished', [edit])).toThrow(/^vanished: .*is not there any more/)
  })

  test('that could mean two places fails with the name of its mutant', () => {
    const edit = { file, find: 'configuration', replace: '' }
    expect(() => patchedFiles('ambiguous', [edit])).toThrow(/^ambiguous: .*is there \d+ times/)
  })

  test('that breaks the file fails with the name of its mutant', () => {
    const edit = { file, find: 'Math.floor(', replace: 'Math.floor((' }
    expect(() => patchedFiles('broken', [edit])).toThrow(/^broken: .*does not parse/)
  })
})

describe('a trial', () => {
  const seeds = { perRange: 20, ranges: 1, seconds: 20 }
  const mutant = (name: string) => MUTANTS.find((one) => one.name === name)!

  test.each([
    ['acknowledged-before-durable', 'durable-before-sent'],
    ['earlier-term-counted', 'commit-rule'],
    ['vote-given-twice', 'one-vote-per-term'],
  ])('catches %s by %s alone', async (name, property) => {
    const { medianSeeds, caughtBy } = await tryMutant(mutant(name), { seeds, invariants: false })
    expect(caughtBy).toEqual([property])
    expect(medianSeeds).toBeLessThanOrEqual(seeds.perRange)
  })

  test('saves a failure that is short to read, and that what ships survives', {
    timeout: 150_000,
  }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'riverraft-replay-'))
    try {
      const replayFile = join(directory, 'replay.json')
      const { ranges } = await tryMutant(mutant('stale-append-truncates'), {
        seeds,
        invariants: false,
        replayFile,
      })
      const { size, smallest, property } = ranges[0]!.finding!
      expect(smallest!.draws).toBeLessThan(size.draws)
      console.log(`from ${size.draws} draws to ${smallest!.draws}`)
      const saved = readFileSync(replayFile, 'utf8')
      expect(saved.length).toBeLessThan(10_000)
      const replay = JSON.parse(saved) as Replay
      expect(replay.property).toBe(property)
      const story = readFileSync(storyFile(replayFile), 'utf8').trim().split('\n')
      expect(story.at(-1)).toBe(`${property}: ${replay.message}`)
      // In what ships nothing is wrong with it: `simulate` throws when there is.
      const run = { stateMachine: registers, workload: registerWorkload, replay }
      const { verdicts } = await simulate(run)
      expect(verdicts.map(({ violation }) => violation)).toEqual([undefined])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('finds nothing in what ships, and leaves nothing behind', async () => {
    const before = copies()
    const few = { ...seeds, perRange: 2 }
    const { ranges } = await tryMutant(UNMUTATED, { seeds: few, invariants: true })
    expect(ranges).toEqual([{ seeds: 2 }])
    expect(copies()).toEqual(before)
  })
})

function copies(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`riverraft-museum-${process.pid}-`))
}
