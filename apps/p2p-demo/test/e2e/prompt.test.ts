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

/** The names of the members, as the table has them; what is typed after it is answered when all of it is there. */
async function membersAt({
  ask,
  input,
  transcript,
}: ReturnType<typeof upOnTerminal>): Promise<readonly string[]> {
  const from = transcript.text.length
  input.write('members\n')
  await ask('jump', /There is no "jump"/)
  return [...transcript.text.slice(from).matchAll(/^ +(n\d) +(?:voter|learner) /gm)].map(([, name]) => name!)
}

test('on a terminal the cluster stays, obeys, loses its majority honestly, and continues another day', async () => {
  const data = freshDirectory()
  const terminal = upOnTerminal({ data, cluster: 'prompt' })
  const { ask, transcript, status } = terminal
  await transcript.seen(/Every step held\.[\s\S]*The cluster is yours/)

  await ask('help', /kill \[n1 \| leader\][\s\S]*start \[n1\]/)
  await ask('start', /All are running/)
  const names = await membersAt(terminal)
  expect(names).toHaveLength(4)
  const before = transcript.text.length
  const [, killed] = await ask('kill leader', /(n\d) +is killed, process \d+/)
  await transcript.seen(/is elected leader of term/, before)
  const [first, second, third] = names.filter((name) => name !== killed)
  await ask('status', new RegExp(`${killed} +\\d+ +gone`))
  await ask(`put lake Constance @${first}`, /written: index \d+.*\n.*held by n\d \(leader\), n\d, n\d\n/)
  await ask(`get lake @${second}`, /"Constance"/)
  await ask(`get lake @${killed}`, /There is no living node/)
  await ask(`start ${killed}`, new RegExp(`${killed} +had \\d+ entries, was sent \\d+.*\\n.*caught up in`))
  await ask(`start ${killed}`, /is running/)
  await ask(`get lake @${killed}`, /"Constance"/)
  await ask(`watch la @${second}`, /watching keys that begin with "la"/)
  await ask('cas lake Constance Garda', /swapped: index/)
  await transcript.seen(/watch: lake = "Garda"/)
  await ask('del lake', /deleted: index/)
  await ask('watch off', new RegExp(`${second} +no longer watching`))
  await ask('list', /1 key: river = "Oder"/)

  await ask(`kill ${first}`, /is killed, process \d+/)
  await ask(`kill ${second}`, /is killed, process \d+\n2 of 4 are left, no majority/)
  // A leader that is left may not have noticed yet; then there is nobody to hand over to.
  await ask('transfer', /ERR_NOT_LEADER: nothing was done: .* nobody leads|ERR_TRANSFER_FAILED|ERR_TIMEOUT/)
  expect(await membersAt(terminal)).toEqual(names)
  await ask('put lake Como', /ERR_TIMEOUT: certainly not applied|ERR_OUTCOME_UNKNOWN: it may or may not/)
  await ask(
    `start ${first}`,
    new RegExp(`${first} +has found its log on disk[^*]*${first} +(follows n\\d|is elected)`),
  )
  await ask('jump', /There is no "jump"/)
  const pids = pidsIn(transcript)
  expect(pids.filter(isAlive)).toHaveLength(3)
  await expect(Promise.all([ask('quit', /$/), status])).resolves.toEqual([expect.anything(), 0])
  expect(pids.filter(isAlive)).toEqual([])

  const later = upOnTerminal({ data })
  await later.transcript.seen(/4 processes come back/)
  await later.transcript.seen(/Welcome back: \d+ entries were stored; [\s\S]*The cluster is yours/)
  expect(later.transcript.text).not.toMatch(/A write through a follower/)
  expect(await membersAt(later)).toEqual(expect.arrayContaining([first, second, third, killed]))
  await later.ask('get river', /"Oder"/)
}, 120_000)

test('the members change at the prompt, one command each, whoever leads', async () => {
  const terminal = upOnTerminal({ transport: 'tcp' })
  const { ask, transcript, status, input } = terminal
  await transcript.seen(/The cluster is yours/)
  const names = await membersAt(terminal)
  const [one, two] = names as [string, string]
  await ask(`transfer ${one}`, new RegExp(`handed over in [\\d.]+ ms to ${one}|${one} +leads already`))
  await ask(`transfer ${one}`, new RegExp(`${one} +leads already`))
  await ask('transfer', /handed over in [\d.]+ ms to n\d/)
  await ask('add n9', /ERR_INVALID_OPTION: the next node is n6/)
  await ask('add n6', /n6 +asks to be let in at 127\.0\.0\.1:\d+/)
  await transcript.seen(new RegExp(`members now \\(index \\d+\\): ${names.join(', ')}; learning: n6`))
  await transcript.seen(/n6 votes [\d.]+ ms after it asked[\s\S]*5 voters now: a majority is 3/)
  await ask('put lake Constance @n6', /written: [\s\S]*held by n\d \(leader\)(, n\d){2,4}\n/)
  await ask('demote n6', /committed: 4 voters, 1 learning; a majority is 3/)
  await ask('members', /n6 +learner/)
  await ask('promote n6', /committed: 5 voters; a majority is 3/)
  await ask('demote nobody', /ERR_INVALID_OPTION: there is no member "nobody"; the members are (n\d(, )?){5}/)
  await ask('promote n6', /ERR_INVALID_OPTION: n6 is no learner/)
  await ask('transfer n6', /handed over in [\d.]+ ms to n6/)
  const before = transcript.text.length
  // The leader itself.
  await ask('remove n6', /n6 +committed: 4 voters; a majority is 3/)
  await transcript.seen(/n6 +was removed from the cluster: its process has ended \(ERR_REMOVED\)/, before)
  await ask('get lake', /"Constance"/)
  // One that is gone already.
  await ask(`kill ${two}`, /is killed/)
  await ask(`remove ${two}`, /committed: 3 voters; a majority is 2/)
  expect(await membersAt(terminal)).toEqual(names.filter((name) => name !== two))
  await ask('start', /All are running/)
  input.end()
  expect(await status).toBe(0)
  expect(pidsIn(transcript).filter(isAlive)).toEqual([])
}, 120_000)

test('the end of the input ends it too; what was in memory does not start again, but a new one joins', async () => {
  const { ask, transcript, status, input } = upOnTerminal({ transport: 'tcp', storage: 'memory' })
  await transcript.seen(/The cluster is yours/)
  await ask('kill n5', /n5 +is killed/)
  await ask('start', /Not with --storage memory/)
  await ask('add', /n6 votes [\d.]+ ms after it asked/)
  await ask('remove n5', /committed: 4 voters/)
  input.end()
  expect(await status).toBe(0)
  expect(pidsIn(transcript).filter(isAlive)).toEqual([])
}, 60_000)
