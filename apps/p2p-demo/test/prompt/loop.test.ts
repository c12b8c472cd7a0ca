import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { runLoop } from '../../src/prompt/loop.js'
import type { Line } from '../../src/prompt/parse.js'
import { Screen } from '../../src/ui/screen.js'

function start(carryOut: (line: Line) => Promise<void>, signal: AbortSignal = new AbortController().signal) {
  const input = new PassThrough()
  const output = new PassThrough()
  const screen = new Screen(output, 0)
  const ended = runLoop({ input, output, screen, scope: 'node', prompt: 'raft> ', carryOut, signal })
  return { input, output, screen, ended }
}

test('lines are carried out one after the other, in order, also those before the end of a pipe', async () => {
  const done: string[] = []
  const { input, ended } = start(async (line) => {
    await new Promise((resolve) => setImmediate(resolve))
    done.push(line.type === 'command' ? line.command.type : line.type)
  })
  input.end('put a 1\n\nget a\nhelp\n')
  expect(await ended).toBe('end')
  expect(done).toEqual(['put', 'get', 'help'])
})

test('quit ends it, and what follows is not carried out', async () => {
  const done: string[] = []
  const { input, ended } = start(async (line) => void done.push(line.type))
  input.write('help\nquit\nstatus\n')
  expect(await ended).toBe('quit')
  expect(done).toEqual(['help'])
})

test('a signal ends it, though a command is under way', async () => {
  const end = new AbortController()
  const { input, ended } = start(() => {
    end.abort()
    return new Promise(() => {})
  }, end.signal)
  input.write('get a\n')
  expect(await ended).toBe('aborted')
})

test('a pipe sees no prompt and no escape sequences', async () => {
  const { input, output, screen, ended } = start(async () => screen.line(5, 'n1', 'got it'))
  input.end('get a\n')
  await ended
  output.end()
  expect(await text(output)).toBe('       5 ms  n1    got it\n')
})

test('on a terminal, a line goes above the prompt', async () => {
  let written = ''
  const write = (chunk: Buffer, _: string, done: () => void) => {
    written += chunk.toString()
    done()
  }
  const output = Object.assign(new Writable({ write }), { isTTY: true, columns: 100 })
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const screen = new Screen(output, 0)
  const end = new AbortController()
  const carryOut = async () => {}
  const ended = runLoop({
    input,
    output,
    screen,
    scope: 'node',
    prompt: 'raft> ',
    carryOut,
    signal: end.signal,
  })
  screen.line(5, undefined, 'something happened')
  end.abort()
  await ended
  expect(written).toMatch(/raft> .*something happened.*\n.*raft> /s)
})
