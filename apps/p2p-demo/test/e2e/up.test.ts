import { readdirSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { endAll, freshDirectory, isAlive, type Program, start } from './programs.js'

afterEach(endAll)

/** The processes that a launcher says it has started. */
async function childrenOf(program: Program): Promise<readonly number[]> {
  const pids: number[] = []
  for (const name of ['n1', 'n2', 'n3']) {
    const [, pid] = await program.seen(new RegExp(`${name} +starts, process (\\d+)`))
    pids.push(Number(pid))
  }
  return pids
}

test('without a terminal the story is told to its end, every step is shown, and nothing is left behind', async () => {
  const directory = freshDirectory()
  const program = start(['up', '--cluster', 'told'], directory)
  const pids = await childrenOf(program)
  expect(await program.exited).toEqual({ code: 0, signal: null })
  const { output } = program

  const [, leader] = /(n\d) +is elected leader of term \d+/.exec(output)!
  const joiners = ['n2', 'n3']
  for (const name of joiners) expect(output).toMatch(new RegExp(`${name} +found n1 at the bootstrap address`))
  expect(output).toMatch(
    /receipt: index \d+, term \d+, [\d.]+ ms\n.*held by n\d \(leader\), n\d.*: [23] of 3/,
  )
  const beforeTheKill = output.slice(0, output.indexOf('is killed'))
  for (const name of ['n1', 'n2', 'n3'])
    expect(beforeTheKill).toMatch(new RegExp(`${name} +get river = "Rhine"`))

  const afterTheKill = output.slice(output.indexOf('is killed'))
  expect(afterTheKill).toMatch(/Writes were unavailable for \d+ ms\./)
  expect(afterTheKill).toMatch(/n\d leads term \d+, elected \d+ ms after the kill\./)
  expect(afterTheKill.match(/get river = "Rhine"/g)).toHaveLength(2)
  expect(afterTheKill.match(/get river = "Danube"/g)).toHaveLength(2)
  expect(afterTheKill).toMatch(/Every step held\.\nAll processes have ended\.\n$/)
  expect(leader).toMatch(/n[123]/)

  expect(pids.filter(isAlive)).toEqual([])
  expect(readdirSync(directory)).toEqual([])
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
  await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([])
})
