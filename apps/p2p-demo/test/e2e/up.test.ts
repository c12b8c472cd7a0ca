import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { childrenOf, endAll, freshDirectory, gone, isAlive, start } from './programs.js'

afterEach(endAll)

/** Tells the story to its end, in an empty directory that is empty again afterwards; resolves with what was printed. */
async function told(...options: readonly string[]): Promise<string> {
  const directory = freshDirectory()
  const program = start(['up', ...options], directory)
  const { code } = await program.exited
  const { output } = program
  expect({ code, output }).toMatchObject({ code: 0 })
  expect(output).toMatch(/Every step held\.\nAll processes have ended\.\n$/)
  expect((await childrenOf(program)).filter(isAlive)).toEqual([])
  expect(readdirSync(directory)).toEqual([])
  return output
}

function expectTheCore(output: string): void {
  expect(output).toMatch(/n\d leads term \d+, elected [\d.]+ ms after/)
  expect(output).toMatch(
    /receipt: index \d+, term \d+, [\d.]+ ms\n.*held by n\d \(leader\), n\d.*: [23] of 3/,
  )
  const [before, after] = output.split(/is killed, process \d+/) as [string, string]
  for (const name of ['n1', 'n2', 'n3']) expect(before).toMatch(new RegExp(`${name} +get river = "Rhine"`))
  expect(after).toMatch(/Writes were unavailable for \d+ ms\./)
  expect(after).toMatch(/n\d leads term \d+, elected \d+ ms after the kill\./)
  expect(after.match(/get river = "Rhine"/g)).toHaveLength(2)
}

/** The killed process has its log again, is sent the rest, and is counted. */
function expectTheReturn(output: string, place: string): void {
  const killed = /(n\d) +is killed/.exec(output)![1]!
  const back = output.slice(output.indexOf('The killed process comes back'))
  expect(back).toMatch(new RegExp(`${killed} +starts, process \\d+`))
  expect(back).toMatch(new RegExp(`${killed} +has found its log ${place}: up to index \\d+, term \\d+`))
  const [, had, sent, applied] = /had (\d+) entries, was sent (\d+), has applied all up to index (\d+)/
    .exec(back)!
    .map(Number) as [number, number, number, number]
  expect(had).toBeGreaterThan(0)
  expect(sent).toBeGreaterThan(0)
  expect(had + sent).toBeGreaterThanOrEqual(applied)
  expect(back).toMatch(new RegExp(`${killed} caught up in [\\d.]+ ms, after [\\d.]+ ms for its process`))
  expect(back).toMatch(new RegExp(`${killed} +get river = "Danube"`))
  expect(back).toMatch(/held by n\d \(leader\), n\d, n\d: 3 of 3/)
}

describe('without a terminal the story is told to its end, and nothing is left behind', () => {
  test('over libp2p with files', async () => {
    const output = await told('--cluster', 'told')
    for (const name of ['n2', 'n3']) {
      expect(output).toMatch(new RegExp(`${name} +found n1 at the bootstrap address`))
    }
    expectTheCore(output)
    expectTheReturn(output, 'on disk')
    // The same key.
    expect(output.slice(output.indexOf('comes back'))).toMatch(/listens at .*; known key/)
  })

  test('over tcp with files', async () => {
    const output = await told('--transport', 'tcp')
    expect(output).toMatch(/n1 +listens at 127\.0\.0\.1:\d+\n/)
    expectTheCore(output)
    expectTheReturn(output, 'on disk')
  })

  test('over websocket, in memory: the killed process does not come back, and why', async () => {
    const output = await told('--transport', 'websocket', '--storage', 'memory')
    expect(output).toMatch(/n1 +listens at ws:\/\/127\.0\.0\.1:\d+\/\n/)
    expectTheCore(output)
    expect(output).toMatch(/Not with --storage memory/)
    expect(output.match(/starts, process/g)).toHaveLength(3)
  })

  const hasRedis = ['redis-server', 'valkey-server'].some(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0,
  )
  test('over tcp with a redis-server each, or why not', async () => {
    if (hasRedis) {
      const output = await told('--transport', 'tcp', '--storage', 'redis')
      expectTheCore(output)
      expectTheReturn(output, 'in its Redis')
    } else {
      const program = start(['up', '--storage', 'redis'])
      expect((await program.exited).code).toBe(1)
      expect(program.output).toMatch(/needs redis-server: apt-get install redis-server/)
    }
  })
})

test('Ctrl-C in the middle of the story stops every process', async () => {
  const program = start(['up'])
  const pids = await childrenOf(program)
  await program.seen(/found n1/)
  program.signal('SIGINT')
  expect((await program.exited).code).toBe(130)
  expect(pids.filter(isAlive)).toEqual([])
})

test('the death of a node that nobody killed fails the story, with a reason', async () => {
  const program = start(['up'])
  const [first] = await childrenOf(program)
  process.kill(first!, 'SIGKILL')
  expect((await program.exited).code).toBe(1)
  expect(program.output).toMatch(/The story failed: the process of n1 ended by itself: SIGKILL/)
})

test('nodes do not outlive a launcher that is killed', async () => {
  const program = start(['up', '--size', '3'])
  const pids = await childrenOf(program)
  program.signal('SIGKILL')
  await program.exited
  await gone(pids)
})
