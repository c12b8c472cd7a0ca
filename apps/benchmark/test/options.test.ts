import { afterEach, expect, test } from 'vitest'
import { endAll, start } from './programs.js'

afterEach(endAll)

test.each([
  ['an unknown transport', ['--transport', 'pigeon'], /Allowed choices are memory, tcp, websocket, libp2p/],
  ['an unknown storage', ['--storage', 'paper'], /Allowed choices are memory, file, redis/],
  ['an unknown option', ['--frob'], /unknown option '--frob'/],
  ['an argument too many', ['tcp'], /too many arguments/],
  ['no callers', ['--callers', '1,0'], /whole number from 1 to 50000/],
  ['no time', ['--seconds', '0'], /number of seconds from 0.1 to 3600/],
  ['a command without room for who sent it', ['--payload', '4'], /whole number from 8 to/],
  ['a file in no directory', ['--json', 'nowhere/figures.json'], /Nothing can be written to nowhere\//],
  ['no entries in a batch of the storage', ['storage', '--entries', '0'], /whole number from 1 to 1000/],
  ['a segment without room', ['storage', '--segment', '0'], /whole number from 1 to 1024/],
  [
    'an option of the cluster for the storage alone',
    ['storage', '--callers', '1'],
    /unknown option '--callers'/,
  ],
  ['no nodes', ['--nodes', '0'], /whole number from 1 to 9/],
  [
    'a follower where there is none',
    ['--nodes', '1', '--from', 'follower'],
    /a cluster of one has no follower/,
  ],
])('%s is refused with a reason', async (_, args, message) => {
  const program = start(args)
  expect((await program.exited).code).toBe(2)
  expect(program.output).toMatch(message)
  expect(program.files).toEqual([])
})
