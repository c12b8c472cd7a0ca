import { PassThrough } from 'node:stream'
import { afterEach, expect, onTestFailed, test } from 'vitest'
import { epochMs } from '../../src/control/events.js'
import { Screen } from '../../src/ui/screen.js'
import type { UpFlags } from '../../src/up/settings.js'
import { up } from '../../src/up/up.js'
import { CLI, endAll, freshDirectory, isAlive, Transcript } from './programs.js'

const running: { input: PassThrough; status: Promise<number> }[] = []
// The end of the input ends the prompt, and with it the cluster: no test leaves processes behind.
afterEach(async () => {
  for (const { input } of running) input.end()
  await Promise.all(running.splice(0).map(({ status }) => status))
  await endAll()
})

/** `riverraft-demo up` on a terminal: the launcher in this process, the nodes in theirs. */
function upOnTerminal(flags: UpFlags) {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const transcript = new Transcript(output)
  const status = up({ cli: CLI, flags, terminal: { input, output } }, new Screen(output, epochMs()))
  running.push({ input, status })
  onTestFailed(() => void process.stderr.write(transcript.text.slice(-2_000)))
  const ask = (line: string, answer: RegExp) => {
    const from = transcript.text.length
    input.write(`${line}\n`)
    return transcript.seen(answer, from)
  }
  return { ask, transcript, status, input }
}

const pidsIn = ({ text }: Transcript): readonly number[] =>
  [...text.matchAll(/starts, process (\d+)/g)].map(([, pid]) => Number(pid))

test('on a terminal the cluster stays, obeys, loses its majority honestly, and continues another day', async () => {
  const data = freshDirectory()
  const { ask, transcript, status } = upOnTerminal({ data, cluster: 'prompt' })
  await transcript.seen(/Every step held\.[\s\S]*The cluster is yours/)

  await ask('help', /kill \[n1 \| leader\][\s\S]*start \[n1\]/)
  await ask('start', /All are running/)
  const before = transcript.text.length
  const [, killed] = await ask('kill leader', /(n\d) +is killed, process \d+/)
  await transcript.seen(/is elected leader of term/, before)
  const survivors = ['n1', 'n2', 'n3'].filter((name) => name !== killed)
  await ask('status', new RegExp(`${killed} +\\d+ +gone`))
  await ask(`put lake Constance @${survivors[0]}`, /written: index \d+.*\n.*held by n\d \(leader\), n\d\n/)
  await ask(`get lake @${survivors[1]}`, /"Constance"/)
  await ask(`get lake @${killed}`, /There is no living node/)
  await ask(`start ${killed}`, new RegExp(`${killed} +had \\d+ entries, was sent \\d+.*\\n.*caught up in`))
  await ask(`start ${killed}`, /is running/)
  await ask(`get lake @${killed}`, /"Constance"/)
  await ask(`watch la @${survivors[1]}`, /watching keys that begin with "la"/)
  await ask('cas lake Constance Garda', /swapped: index/)
  await transcript.seen(/watch: lake = "Garda"/)
  await ask('del lake', /deleted: index/)
  await ask('watch off', new RegExp(`${survivors[1]} +no longer watching`))
  await ask('list', /1 key: river = "Elbe"/)

  await ask('kill n1', /n1 +is killed, process \d+/)
  await ask('kill n2', /n2 +is killed, process \d+\n1 of 3 are left, no majority/)
  await ask('put lake Como', /ERR_TIMEOUT: certainly not applied|ERR_OUTCOME_UNKNOWN: it may or may not/)
  await ask('start', /n1 +has found its log on disk[^*]*n1 +(follows n3|is elected)/)
  await ask('jump', /There is no "jump"/)
  const pids = pidsIn(transcript)
  expect(pids.filter(isAlive)).toHaveLength(2)
  await expect(Promise.all([ask('quit', /$/), status])).resolves.toEqual([expect.anything(), 0])
  expect(pids.filter(isAlive)).toEqual([])

  const later = upOnTerminal({ data })
  await later.transcript.seen(/Welcome back: \d+ entries were stored; [\s\S]*The cluster is yours/)
  expect(later.transcript.text).not.toMatch(/A write through a follower/)
  await later.ask('get river', /"Elbe"/)
}, 60_000)

test('the members change at the prompt, one command each, whoever leads', async () => {
  const { ask, transcript, status, input } = upOnTerminal({ transport: 'tcp', size: 3 })
  await transcript.seen(/The cluster is yours/)
  await ask('members', /n1 +voter .*\n +n2 +voter .*\n +n3 +voter .*\n/)
  await ask('transfer n1', /handed over in [\d.]+ ms to n1|n1 +leads already/)
  await ask('transfer n1', /n1 +leads already/)
  await ask('add n9', /ERR_INVALID_OPTION: the next node is n4/)
  await ask('add n4', /members now \(index \d+\): n1, n2, n3; learning: n4/)
  await transcript.seen(/members change \(index \d+\): from n1, n2, n3 to n1, n2, n3, n4; meanwhile/)
  await transcript.seen(/n\d +committed: 4 voters; a majority is 3: index \d+, [\d.]+ ms/)
  await ask('put lake Constance @n4', /written: [\s\S]*held by n\d \(leader\)(, n\d){2,3}\n/)
  await ask('demote n4', /committed: 3 voters, 1 learning; a majority is 2/)
  await ask('members', /n4 +learner/)
  await ask('promote n4', /committed: 4 voters; a majority is 3/)
  await ask(
    'demote nobody',
    /ERR_INVALID_OPTION: there is no member "nobody"; the members are n1, n2, n3, n4/,
  )
  await ask('promote n4', /ERR_INVALID_OPTION: n4 is no learner/)
  await ask('transfer n4', /handed over in [\d.]+ ms to n4/)
  const before = transcript.text.length
  // The leader itself.
  await ask('remove n4', /n4 +committed: 3 voters; a majority is 2/)
  await transcript.seen(/n4 +was removed from the cluster: its process has ended \(ERR_REMOVED\)/, before)
  await ask('get lake', /"Constance"/)
  await ask('status', /n3 +\d+ +(leader|follower)(?![\s\S]*n4)/)
  await ask('add', /n5 +starts, process[\s\S]*committed: 4 voters/)
  input.end()
  expect(await status).toBe(0)
  expect(pidsIn(transcript).filter(isAlive)).toEqual([])
}, 60_000)

test('the end of the input ends it too; what was in memory does not start again', async () => {
  const { ask, transcript, status, input } = upOnTerminal({ transport: 'tcp', storage: 'memory' })
  await transcript.seen(/The cluster is yours/)
  await ask('start', /Not with --storage memory/)
  input.end()
  expect(await status).toBe(0)
  expect(pidsIn(transcript).filter(isAlive)).toEqual([])
})
