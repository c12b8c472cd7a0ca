// riverraft-storage recover as it is run, on the directories of real nodes that have lost their quorum.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { chooseSurvivor, defineStateMachine, type Member, RaftNode } from '@riverraft/core'
import { memoryNetwork } from '@riverraft/transport-memory'
import { expect, test } from 'vitest'
import { fileStorage } from '../../src/index.js'
import { contentsOf, copyOf, flip, segment } from '../harness/directory.js'
import { findings, only } from '../harness/findings.js'
import { afterTest, identity, quickDirectory, storageIn, vote, written } from '../harness/helpers.js'

const CLI = join(import.meta.dirname, '..', '..', 'dist', 'cli.js')

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

const words = defineStateMachine({
  initial: { words: [] as string[] },
  apply: (state, word: string) => state.words.push(word),
})
type Node = RaftNode<string, number, { words: string[] }>

const members: Member[] = ['a', 'b', 'c'].map((id) => ({ id, address: id, role: 'voter' }))

async function places(): Promise<{ root: string; start(id: string, generation?: number): Promise<Node> }> {
  const network = memoryNetwork()
  const root = await quickDirectory()
  const start = async (id: string, generation = 0): Promise<Node> => {
    const node = await RaftNode.start({
      id,
      clusterId: 'words',
      members,
      join: !members.some((member) => member.id === id),
      generation,
      transport: network.transport(),
      storage: fileStorage({ directory: `${root}/${id}`, segmentBytes: 256 * 1024 }),
      stateMachine: words,
      requestTimeoutMs: 20_000,
    })
    afterTest(() => node.stop({ transfer: false }))
    return node
  }
  return { root, start }
}

/** a, b and c have these words; none of them runs any more. */
async function lost(...said: string[]): Promise<Awaited<ReturnType<typeof places>>> {
  const cluster = await places()
  const nodes = await Promise.all(members.map(({ id }) => cluster.start(id)))
  for (const word of said) await nodes[0]!.propose(word)
  await Promise.all(nodes.map((node) => node.stop({ transfer: false })))
  return cluster
}

/** What a member has applied its own disk need not have: whoever has all of it is found by asking all. */
async function bestOf(root: string): Promise<string> {
  const reports = await Promise.all(members.map(({ id }) => run('recover', `${root}/${id}`, '--json')))
  return chooseSurvivor(reports.map(({ stdout }) => JSON.parse(stdout))).id
}

test('a quorum is lost: the survivor is looked at, recovered, started, joined; an old member is turned away', async () => {
  const { root, start } = await lost('one', 'two')
  const best = await bestOf(root)
  const directory = `${root}/${best}`
  const before = await contentsOf(directory)

  const looked = await run('recover', directory)
  expect(looked).toMatchObject({ code: 4, stderr: '' })
  expect(looked.stdout).toMatch(
    new RegExp(`node "${best}" of cluster "words", incarnation [0-9a-f]{16}, generation 0\n`),
  )
  expect(looked.stdout).toMatch(/last entry \d+ of term \d+; entries 1-\d+; no snapshot; current term \d+\n/)
  expect(looked.stdout).toContain('    "c" at "c" (voter)\n')
  expect(looked.stdout).toMatch(
    /What the other voters committed without this member is lost, although its callers were told that it is done: all of it behind index \d+, and of entries from 1 to \d+ those in whose place this log has others/,
  )
  expect(looked.stdout).toMatch(/\nNOTHING WAS WRITTEN\. To recover: riverraft-storage recover .* --yes\n$/)
  expect(await contentsOf(directory)).toEqual(before)

  const done = await run('recover', directory, '--yes')
  expect(done).toMatchObject({ code: 0, stderr: '' })
  const [, said] = done.stdout.match(/RECOVERED: "." is the only voter, in generation (\d+)\.\n/)!
  const generation = Number(said)
  expect(done.stdout).toContain(`join: true and generation: ${generation}. `)
  expect(only(await findings(directory), 'verdict')[0]).toMatchObject({
    opens: 'yes',
    state: { generation },
  })

  const recovered = await start(best)
  expect(await recovered.propose('three')).toBe(3)
  expect(recovered.status()).toMatchObject({ generation, members: [{ id: best, address: best }] })
  const d = await start('d', generation)
  await recovered.changeMembership({ add: [{ id: 'd', address: 'd', role: 'voter' }] })
  expect(await d.read((state) => state.words)).toEqual(['one', 'two', 'three'])

  const old = await start(members.find(({ id }) => id !== best)!.id)
  expect(await old.closed).toMatchObject({ code: 'ERR_CLUSTER_RECOVERED' })
  expect(await d.propose('four')).toBe(4)
})

test('a second recovery is refused, and changes nothing', async () => {
  const { root } = await lost('one')
  expect((await run('recover', `${root}/a`, '--yes')).code).toBe(0)
  const before = await contentsOf(`${root}/a`)
  for (const yes of [[], ['--yes']]) {
    const { code, stdout } = await run('recover', `${root}/a`, ...yes)
    expect(code).toBe(5)
    expect(stdout).toMatch(/REFUSED, nothing was written: a is the only voter .* is in generation \d+\n$/)
  }
  expect(await contentsOf(`${root}/a`)).toEqual(before)
})

test('for programs it says the same in one object, and it knows where the member will listen', async () => {
  const { root } = await lost('one')
  const look = await run('recover', `${root}/a`, '--json')
  expect(look.code).toBe(4)
  const report = JSON.parse(look.stdout)
  expect(report).toMatchObject({
    directory: `${root}/a`,
    recovered: false,
    id: 'a',
    generation: 0,
    joint: false,
  })
  expect(report.risks.map(({ code }: { code: string }) => code)).toContain('committed-entries-lost')
  const done = await run('recover', `${root}/a`, '--json', '--yes', '--address', '10.0.0.9:7001')
  expect(done.code).toBe(0)
  const { newGeneration, ...before } = JSON.parse(done.stdout)
  expect(before).toEqual({ ...report, recovered: true })
  const again = JSON.parse((await run('recover', `${root}/a`, '--json')).stdout)
  expect(again).toMatchObject({ generation: newGeneration, members: [{ id: 'a', address: '10.0.0.9:7001' }] })
  expect((await run('recover', `${root}/b`, '--yes', '--generation', 'x')).code).toBe(3)
  expect((await run('recover', `${root}/b`, '--yes', '--address', 'x'.repeat(70_000))).code).toBe(3)
  expect(JSON.parse((await run('recover', `${root}/b`, '--json')).stdout).generation).toBe(0)
  // The second disk of one cluster, by mistake: with the number that the first one has, it has another.
  const same = ['--generation', String(newGeneration)]
  const chosen = JSON.parse((await run('recover', `${root}/b`, '--yes', '--json', ...same)).stdout)
  expect(chosen.newGeneration).toBeGreaterThan(newGeneration)
})

test('nothing is written where a node runs, where there is damage, and where there is no storage', async () => {
  const { root, start } = await lost('one', 'two')
  await start('a')
  for (const yes of [[], ['--yes']]) {
    const { code, stderr } = await run('recover', `${root}/a`, ...yes)
    expect(code).toBe(3)
    expect(stderr).toMatch(/is open: stop the node first\n$/)
  }

  const damaged = await copyOf(`${root}/b`)
  await flip(segment(damaged, 1), 30)
  const before = await contentsOf(damaged)
  const found = await run('recover', damaged, '--yes')
  expect(found.code).toBe(1)
  expect(found.stdout).toMatch(/0000000000000001\.segment.*\nDAMAGED: nothing was written/)
  expect(await contentsOf(damaged)).toEqual(before)

  const empty = await quickDirectory()
  expect(await run('recover', empty, '--yes')).toMatchObject({
    code: 3,
    stderr: `riverraft-storage: ${empty}: there is no storage in it\n`,
  })
  expect(await contentsOf(empty)).toEqual({})
  expect((await run('recover', `${empty}/missing`)).code).toBe(3)
  expect((await run('recover')).code).toBe(2)
})

test('names that come from elsewhere steer no terminal', async () => {
  const directory = await quickDirectory()
  const evil = 'b\u001b[2J\u202e'
  const storage = storageIn(directory)
  const others: Member[] = [{ id: evil, address: '\u0007', role: 'voter' }]
  await storage.open({ ...identity, members: [...identity.members, ...others] })
  await written(storage, vote(1, 'a'))
  await storage.close()
  const { code, stdout } = await run('recover', directory)
  expect(code).toBe(4)
  expect(stdout).toContain('b\\u001b[2J\\u202e')
  expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})
