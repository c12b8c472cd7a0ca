import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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

/** What is told from a chapter's title to the next one. */
function chapter(output: string, title: string): string {
  const at = output.indexOf(title)
  expect(at, `a chapter "${title}" in\n${output}`).toBeGreaterThan(0)
  return output.slice(at).split(/\n\n\d+ {2}/)[0]!
}

const JOINED =
  /(n\d) votes [\d.]+ ms after it asked: a learner after [\d.]+ ms, caught up.* promoted [\d.]+ ms later/g

function expectTheForming(output: string): void {
  expect(chapter(output, 'A node creates a cluster')).toMatch(/n1 leads term \d+, [\d.]+ ms after it began/)
  const joining = chapter(output, 'n2 and n3 join it')
  for (const name of ['n2', 'n3']) {
    expect(joining).toMatch(new RegExp(`${name} +asks to be let in at`))
    expect(joining).toMatch(new RegExp(`n1 +lets ${name} in as a learner`))
    expect(joining).toMatch(new RegExp(`n1 +${name} is a voter now|${name} +is a voter now`))
  }
  expect([...joining.matchAll(JOINED)].map(([, name]) => name).sort()).toEqual(['n2', 'n3'])
  expect(joining).toMatch(/3 voters now: a majority is 2/)
}

function expectTheCore(output: string): void {
  expect(chapter(output, 'A write through a follower')).toMatch(
    /receipt: index \d+, term \d+, [\d.]+ ms\n.*held by n\d \(leader\), n\d.*: [23] of 3/,
  )
  const read = chapter(output, 'The same value, read from all 3')
  for (const name of ['n1', 'n2', 'n3']) expect(read).toMatch(new RegExp(`${name} +get river = "Rhine"`))
  const killed = chapter(output, 'The leader is killed')
  expect(killed).toMatch(/Writes were unavailable for \d+ ms\./)
  expect(killed).toMatch(/n\d leads term \d+, elected \d+ ms after the kill\./)
  expect(chapter(output, 'Nothing acknowledged is lost').match(/get river = "Rhine"/g)).toHaveLength(2)
}

/** The killed process has its log again, is sent the rest, and is counted. */
function expectTheReturn(output: string, place: string): void {
  const killed = /(n\d) +is killed/.exec(output)![1]!
  const back = chapter(output, 'The killed process comes back')
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

function expectGrowth(output: string, name: string): void {
  const grown = chapter(output, 'A fourth node joins')
  expect([...grown.matchAll(JOINED)].map(([, name]) => name)).toEqual([name])
  expect(grown).toMatch(/members change .* meanwhile majorities of both must agree/)
  const [, written] = /(\d+) entries of 2000 bytes are written through n\d in [\d.]+ ms/.exec(grown)!
  expect(Number(written)).toBeGreaterThan(0)
  expect(grown).toMatch(/Of 3 voters a majority was 2; of 4 it is 3\./)
  expect(grown).toMatch(new RegExp(`${name} +get river = "Elbe"`))
}

function expectTheHandingOver(output: string): void {
  const handed = chapter(output, 'Leadership is handed over')
  const [, from, to] = /(n\d) handed over in [\d.]+ ms to (n\d), who leads term \d+/.exec(handed)!
  expect(from).not.toBe(to)
  expect(handed).toMatch(/No write waited longer than [\d.]+ ms\./)
}

/** Refused under its old identity, and replaced by `name`; everybody has the last write. */
function expectReplacement(output: string, title: string, name: string, holders: number): void {
  const refused = chapter(output, title)
  const [, gone] =
    /(n\d) +ERR_JOIN_REFUSED: n\d did not let n\d into \w+: n\d is a member with another storage/.exec(
      refused,
    )!
  expect(refused).toMatch(new RegExp(`The process of ${gone} has ended with exit status 1`))
  const anew = chapter(output, 'It joins anew')
  expect([...anew.matchAll(JOINED)].map(([, name]) => name)).toEqual([name])
  expect(anew).toMatch(new RegExp(`removes ${gone}: committed: ${holders} voters`))
  expect(anew).toMatch(new RegExp(`${name} +get river = "\\w+"`))
  const [, held] = /held by (.*): \d of \d/.exec(anew)!
  expect(held).toContain(name)
  expect(held).not.toContain(gone)
  expect(anew).toContain(`: ${holders} of ${holders}, as the leader knows`)
}

function expectTheWholeStory(output: string, place: string): void {
  expectTheForming(output)
  expectTheCore(output)
  expectTheReturn(output, place)
  expectGrowth(output, 'n4')
  expectTheHandingOver(output)
  expectReplacement(output, "A node's disk is wiped", 'n5', 4)
}

describe('without a terminal the story is told to its end, and nothing is left behind', () => {
  test('over libp2p with files', async () => {
    const output = await told('--cluster', 'told')
    expectTheWholeStory(output, 'on disk')
    // The same key.
    expect(chapter(output, 'The killed process comes back')).toMatch(/listens at .*; known key/)
    expect(chapter(output, "A node's disk is wiped")).toMatch(/its key is still there[\s\S]*; known key/)
    expect(chapter(output, 'It joins anew')).toMatch(/n5 +listens at .*; new key/)
  }, 60_000)

  test('over tcp with files', async () => {
    const output = await told('--transport', 'tcp')
    expect(output).toMatch(/n1 +creates the cluster, listens at 127\.0\.0\.1:\d+\n/)
    expectTheWholeStory(output, 'on disk')
  }, 60_000)

  test('over websocket, in memory: a killed process is one whose disk was wiped', async () => {
    const output = await told('--transport', 'websocket', '--storage', 'memory')
    expect(output).toMatch(/n1 +creates the cluster, listens at ws:\/\/127\.0\.0\.1:\d+\/\n/)
    expectTheForming(output)
    expectTheCore(output)
    expectReplacement(output, 'The killed process has forgotten everything', 'n4', 3)
    expectGrowth(output, 'n5')
    expectTheHandingOver(output)
    expect(output).not.toMatch(/disk is wiped|comes back/)
  }, 60_000)

  const hasRedis = ['redis-server', 'valkey-server'].some(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0,
  )
  test('over tcp with a redis-server each, or why not', async () => {
    if (hasRedis) {
      expectTheWholeStory(await told('--transport', 'tcp', '--storage', 'redis'), 'in its Redis')
    } else {
      const program = start(['up', '--storage', 'redis'])
      expect((await program.exited).code).toBe(1)
      expect(program.output).toMatch(/needs redis-server: apt-get install redis-server/)
    }
  }, 60_000)
})

test('the secret of the cluster is nowhere to be seen: not in the story, not on a command line', async () => {
  const directory = freshDirectory()
  const program = start(['up', '--data', 'garden'], directory)
  const pids = await childrenOf(program)
  const secret = readFileSync(join(directory, 'garden/secret'), 'utf8').trim()
  expect(secret.length).toBeGreaterThan(40)
  for (const pid of pids) expect(commandLineOf(pid)).not.toContain(secret)
  expect(commandLineOf(pids[0]!)).toContain('--secret-file')
  await program.seen(/n3 votes/)
  program.signal('SIGTERM')
  await program.exited
  expect(program.output).not.toContain(secret)
})

const commandLineOf = (pid: number): string =>
  spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout

test('Ctrl-C in the middle of the story stops every process', async () => {
  const program = start(['up'])
  const pids = await childrenOf(program)
  await program.seen(/asks to be let in/)
  program.signal('SIGINT')
  expect((await program.exited).code).toBe(130)
  expect(pids.filter(isAlive)).toEqual([])
})

test('the death of a node that nobody killed fails the story, with a reason', async () => {
  const program = start(['up'])
  const [first] = await childrenOf(program, 1)
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
