import { PassThrough } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { epochMs } from '../../src/control/events.js'
import { Screen } from '../../src/ui/screen.js'
import { up } from '../../src/up/up.js'
import { CLI, isAlive, Transcript } from './programs.js'

const inputs: { end(): void }[] = []
// The end of the input ends the prompt, and with it the cluster: no test leaves processes behind.
afterEach(() => {
  for (const input of inputs.splice(0)) input.end()
})

/** `riverraft-demo up` on a terminal: the launcher in this process, the nodes in theirs. */
function upOnTerminal() {
  const [input, output] = [new PassThrough(), new PassThrough()]
  inputs.push(input)
  const transcript = new Transcript(output)
  const terminal = { input, output }
  const screen = new Screen(output, epochMs())
  const status = up({ cli: CLI, cluster: 'prompt', size: 3, mdns: false, terminal }, screen)
  const ask = (line: string, answer: RegExp) => {
    const from = transcript.text.length
    input.write(`${line}\n`)
    return transcript.seen(answer, from)
  }
  return { ask, transcript, status, input }
}

test('on a terminal the cluster stays, obeys, loses its majority honestly, and ends with quit', async () => {
  const { ask, transcript, status } = upOnTerminal()
  await transcript.seen(/Every step held\.[^>]*The cluster is yours/)
  const killed = /(n\d) +is killed/.exec(transcript.text)![1]!
  const survivors = ['n1', 'n2', 'n3'].filter((name) => name !== killed)

  await ask('help', /kill \[n1 \| leader\]/)
  await ask('status', new RegExp(`${killed} +\\d+ +gone`))
  await ask(`put lake Constance @${survivors[0]}`, /written: index \d+.*\n.*held by n\d \(leader\), n\d\n/)
  await ask(`get lake @${survivors[1]}`, /"Constance"/)
  await ask(`get lake @${killed}`, /There is no living node/)
  await ask(`watch la @${survivors[1]}`, /watching keys that begin with "la"/)
  await ask('cas lake Constance Garda', /swapped: index/)
  await transcript.seen(/watch: lake = "Garda"/)
  await ask('del lake', /deleted: index/)
  await ask('watch off', /no longer watching/)

  await ask('kill leader', /n\d +is killed, process \d+\n1 of 3 are left, no majority/)
  await ask('put lake Como', /ERR_TIMEOUT: certainly not applied|ERR_OUTCOME_UNKNOWN: it may or may not/)
  await ask('jump', /There is no "jump"/)
  const pids = [...transcript.text.matchAll(/starts, process (\d+)/g)].map(([, pid]) => Number(pid))
  expect(pids.filter(isAlive)).toHaveLength(1)
  await expect(Promise.all([ask('quit', /$/), status])).resolves.toEqual([expect.anything(), 0])
  expect(pids.filter(isAlive)).toEqual([])
})

test('the end of the input ends it too', async () => {
  const { transcript, status, input } = upOnTerminal()
  await transcript.seen(/The cluster is yours/)
  input.end()
  expect(await status).toBe(0)
})
