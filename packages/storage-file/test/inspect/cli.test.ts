// riverraft-storage as it is run: what it prints, its exit codes, and a reader that has had enough.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { contentsOf, copyOf, flip, segment } from '../harness/directory.js'
import {
  batch,
  block,
  identity,
  quickDirectory,
  storageIn,
  stored,
  vote,
  written,
} from '../harness/helpers.js'

const GOLDEN = join(import.meta.dirname, '..', 'golden', 'v1')
const CLI = join(import.meta.dirname, '..', '..', 'dist', 'cli.js')

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

test('a whole directory: what is in it, in columns', async () => {
  const { code, stdout } = await run('inspect', GOLDEN)
  expect(stdout.slice(stdout.indexOf('\n') + 1)).toBe(`\
  node "a" of cluster "orders", incarnation 00112233445566ff
  first members: "a" at "10.0.0.1:7000" (voter), "bé" at "" (voter)
  not in use

0000000000000001.segment  405 bytes
  header crc b5b07895, salt feed0000; from batch 1 on; the log begins here; term 0, no vote
          at     bytes  crc          batch   record      what
         103        54  63eba8f6         1   hard state  term 1, vote for "bé"
         157       128  308e22d7         2.  entries     1-3 of term 1; block crc a01cad0d
         285       120  03724e1b         2   entries     4-5 of term 1; block crc 8b8ddfa7
  3 whole records, 2 whole batches up to byte 405; nothing behind

0000000000000002.segment  333 bytes
  header crc 680484ee, salt feed0001; from batch 3 on; behind index 5 of term 1; term 1, vote for "bé"
          at     bytes  crc          batch   record      what
         108        48  9ce1b848         3.  truncation  from 5 on; term before it 1
         156        49  a7299dcb         3.  hard state  term 2, no vote
         205       128  3b77ff27         3   entries     5-7 of term 2; block crc 041b190a
  3 whole records, 1 whole batch up to byte 333; nothing behind

0000000000000003.segment  239 bytes
  header crc b773c608, salt feed0002; from batch 4 on; behind index 7 of term 2; term 2, no vote
          at     bytes  crc          batch   record      what
         103       136  040f457a         4   entries     8-9 of term 2; block crc 8afb174b, begins at 6
  1 whole record, 1 whole batch up to byte 239; nothing behind

2-1.snap  111 bytes
  whole: up to index 2 of term 1, 5 bytes of state, timestamp 5, members "a", "bé"

term 2, no vote; entries 1-4 of term 1, 5-9 of term 2; snapshot up to 2
OK
`)
  expect(code).toBe(0)
  const short = await run('inspect', '--no-records', GOLDEN)
  expect(short.stdout).not.toContain('block crc')
  expect(short.stdout).toMatch(/3 whole records.*\nOK\n$/s)
})

test('the same for programs: an object a line, and one for the verdict alone', async () => {
  const { stdout } = await run('inspect', '--json', GOLDEN)
  const found = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(found.map(({ type }) => type).filter((type) => type === 'record')).toHaveLength(7)
  expect([found[0].type, found.at(-1).type]).toEqual(['directory', 'verdict'])
  const { code, stdout: verdict } = await run('verify', '--json', GOLDEN)
  expect(code).toBe(0)
  expect(JSON.parse(verdict)).toMatchObject({
    opens: 'yes',
    inUse: 'no',
    format: { nodeId: 'a' },
    counts: { segments: 3, records: 7, batches: 4, gaps: 0, snapshots: 1 },
    problems: [],
  })
})

test('a damaged directory: which file, where, why and what to do, code 1, and not a byte is changed', async () => {
  const directory = await copyOf(GOLDEN)
  const file = segment(directory, 1)
  await flip(file, 300)
  const before = await contentsOf(directory)
  for (const command of ['verify', 'inspect']) {
    const { code, stdout } = await run(command, directory)
    expect(code).toBe(1)
    expect(stdout).toContain(`PROBLEM  ${file} at byte 285\n  a record is damaged that was acknowledged`)
    expect(stdout).toMatch(
      /What to do: Keep a copy of the directory\..*REFUSED: no node starts on it; 1 problem\n$/s,
    )
  }
  const { code, stdout } = await run('verify', '--json', directory)
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ opens: 'refused', problems: [{ file, offset: 285 }] })
  expect(await contentsOf(directory)).toEqual(before)
})

test('a directory that a node has open is said to be', async () => {
  const directory = await quickDirectory()
  const storage = storageIn(directory)
  await storage.open(identity)
  await written(storage, vote(1))
  const { code, stdout } = await run('verify', directory)
  expect(stdout).toMatch(/IN USE: a node has it open.*\nOK\n$/s)
  expect(code).toBe(0)
  // And the node does not notice.
  await written(storage, vote(2))
})

test('nothing to look at is 3, a command line that makes no sense is 2', async () => {
  const empty = await quickDirectory()
  expect(await run('verify', empty)).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/no storage in it/),
  })
  expect(await run('verify', `${empty}/none`)).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/ENOENT/),
  })
  expect(await run('verify')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/missing required argument/),
  })
  expect(await run('repair', empty)).toMatchObject({ code: 2, stderr: expect.stringMatching(/--help/) })
  expect((await run('--help')).code).toBe(0)
})

test('what an id or a name holds does not reach the terminal as it is', async () => {
  const directory = await quickDirectory()
  const storage = storageIn(directory)
  await storage.open({ ...identity, nodeId: 'a\u001b[2J\u202e' })
  await written(storage, vote(1, '\u009bm'))
  await storage.close()
  await writeFile(`${directory}/\u001b[2J`, '')
  const { stdout } = await run('inspect', directory)
  expect(stdout).toContain('\n\\u001b[2J: not of this storage\n')
  expect(stdout).toContain('"a\\u001b[2J\\u202e"')
  expect(stdout).toContain('"\\u009bm"')
})

test('who reads no further ends it quietly', async () => {
  const directory = await quickDirectory()
  const storage = storageIn(directory, { segmentBytes: 1024 * 1024 })
  await storage.open(identity)
  for (let index = 1; index < 4_000; index++) await written(storage, batch([stored(block(index, 1))]))
  await storage.close()
  const child = spawn(process.execPath, [CLI, 'inspect', directory], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', (chunk) => {
    complaints += chunk
  })
  await once(child.stdout, 'data')
  child.stdout.destroy()
  await once(child, 'close')
  expect(complaints).toBe('')
})
