import { createServer } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { WRONG } from './by-hand.js'
import { endAll, freshDirectory, start } from './programs.js'

// Its tests run at the same time.
afterAll(endAll)

describe.concurrent('what cannot work is said at once, and how to do it', () => {
  test.each([
    ['an unknown flag', ['node', '--frob'], /unknown option '--frob'/],
    ['an unknown command', ['frob'], /unknown command 'frob'|too many arguments/],
    [
      'a bad multiaddr',
      ['node', '--bootstrap', 'localhost:4001'],
      /An example: \/ip4\/127\.0\.0\.1\/tcp\/4001/,
    ],
    ['another one', ['node', '--join', 'localhost:4001'], /'localhost:4001' is invalid. Not a TCP multiaddr/],
    ['an address without a port', ['node', '--listen', '/ip4/127.0.0.1'], /Not a TCP multiaddr/],
    ['a bad name', ['node', '--create', '--cluster', 'my garden'], /Use letters, digits/],
    ['a size that is none', ['up', '--size', 'many'], /whole number from 1 to 9/],
    ['a story without survivors', ['up', '--size', '2'], /no majority outlives the leader/],
    ['a transport within one process', ['up', '--transport', 'memory'], /nodes of one process/],
    ['a storage nobody knows', ['up', '--storage', 'tape'], /Choose from file, memory, redis/],
    ['to keep what is forgotten', ['up', '--data', 'x', '--storage', 'memory'], /choose one/],
    ['mDNS without libp2p', ['up', '--mdns', '--transport', 'tcp'], /--mdns finds libp2p nodes/],
    ['an unknown Redis', ['node', '--create', '--storage', 'redis'], /needs --redis <url>/],
    ['a Redis for files', ['node', '--create', '--redis', 'redis://h'], /goes with --storage redis/],
    ['nobody in particular', ['node', '--transport', 'tcp', '--create'], /--id a --listen 127\.0\.0\.1:7001/],
    ['a search over tcp', ['node', '--transport', 'tcp', '--mdns'], /over tcp say --join <address>/],
    ['a name over libp2p', ['node', '--id', 'a', '--create'], /a node is its key/],
    [
      'any port over tcp',
      ['node', '--transport', 'tcp', '--id', 'a', '--listen', '127.0.0.1:0', '--create'],
      /"127\.0\.0\.1:0" is no address for tcp/,
    ],
    [
      'a URL over tcp',
      ['node', '--transport', 'tcp', '--id', 'b', '--listen', '127.0.0.1:1', '--join', 'ws://127.0.0.1:1/'],
      /is no address for tcp. An example: 127\.0\.0\.1:7001/,
    ],
    [
      'to join without the secret',
      ['node', '--join', '/ip4/127.0.0.1/tcp/1'],
      /--secret-file <file>, or RIVERRAFT_SECRET in the environment/,
    ],
    [
      'a secret that is not there',
      ['node', '--join', '/ip4/127.0.0.1/tcp/1', '--secret-file', 'nowhere'],
      /--secret-file: there is no nowhere/,
    ],
    ['no way to find the cluster', ['node'], /say how to find the cluster/],
    ['two ways to begin', ['node', '--create', '--bootstrap', '/ip4/127.0.0.1/tcp/1'], /Choose one/],
  ])('%s', async (_, args, message) => {
    const program = start(args)
    expect((await program.exited).code).toBe(2)
    expect(program.output).toMatch(message)
  })

  test('a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    try {
      const program = start(['node', '--create', '--listen', `/ip4/127.0.0.1/tcp/${port}`])
      expect((await program.exited).code).toBe(1)
      expect(program.output).toMatch(
        new RegExp(`ERR_LISTEN: cannot listen on /ip4/127.0.0.1/tcp/${port}: .*EADDRINUSE`),
      )
    } finally {
      server.close()
    }
  })

  test('nobody at the bootstrap address: it says what it tries, goes on, and gives up in time', async () => {
    const program = start(
      ['node', '--join', '/ip4/127.0.0.1/tcp/1', '--timeout', '1'],
      freshDirectory(),
      WRONG,
    )
    await program.seen(/nobody to ask at \/ip4\/127\.0\.0\.1\/tcp\/1 yet: .*ECONNREFUSED/)
    expect((await program.exited).code).toBe(1)
    expect(program.output).toMatch(/ERR_TIMEOUT: …\w{6} was not let in after 1000 ms of joining demo/)
  })
})

test('--help shows both commands, and each its options', async () => {
  const [all, node] = [start(['--help']), start(['node', '--help'])]
  expect((await all.exited).code).toBe(0)
  expect(all.output).toMatch(/ up .* node /s)
  expect((await node.exited).code).toBe(0)
  expect(node.output).toMatch(/--bootstrap <multiaddr>/)
})
