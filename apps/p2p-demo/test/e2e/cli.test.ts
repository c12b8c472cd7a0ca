import { createServer } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { endAll, start } from './programs.js'

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
    ['an address without a port', ['node', '--listen', '/ip4/127.0.0.1'], /Not a TCP multiaddr/],
    ['a bad name', ['node', '--create', '--cluster', 'my garden'], /Use letters, digits/],
    ['a size that is none', ['node', '--create', '--size', 'many'], /whole number from 1 to 9/],
    ['a story without survivors', ['up', '--size', '2'], /no majority outlives the leader/],
    ['a transport within one process', ['up', '--transport', 'memory'], /nodes of one process/],
    ['a storage nobody knows', ['up', '--storage', 'tape'], /Choose from file, memory, redis/],
    ['to keep what is forgotten', ['up', '--data', 'x', '--storage', 'memory'], /choose one/],
    ['mDNS without libp2p', ['up', '--mdns', '--transport', 'tcp'], /--mdns finds libp2p nodes/],
    ['an unknown Redis', ['node', '--create', '--storage', 'redis'], /needs --redis <url>/],
    ['a Redis for files', ['node', '--create', '--redis', 'redis://h'], /goes with --storage redis/],
    ['nobody to talk to', ['node', '--transport', 'tcp'], /--id a --members a=/],
    ['a search over tcp', ['node', '--transport', 'tcp', '--mdns'], /nobody is found/],
    ['a member without an address', ['node', '--members', 'a,b'], /"a" is not id=address/],
    ['a list over libp2p', ['node', '--id', 'a', '--members', 'a=b'], /a node is its key/],
    [
      'not on the list',
      ['node', '--transport', 'tcp', '--id', 'x', '--members', 'a=h:1'],
      /--members names no x/,
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
    const program = start(['node', '--bootstrap', '/ip4/127.0.0.1/tcp/1', '--timeout', '1'])
    await program.seen(/nobody to ask at \/ip4\/127\.0\.0\.1\/tcp\/1 yet: .*ECONNREFUSED/)
    expect((await program.exited).code).toBe(1)
    expect(program.output).toMatch(/ERR_TIMEOUT: nobody of cluster "demo" answered at .* within 1 s/)
  })
})

test('--help shows both commands, and each its options', async () => {
  const [all, node] = [start(['--help']), start(['node', '--help'])]
  expect((await all.exited).code).toBe(0)
  expect(all.output).toMatch(/ up .* node /s)
  expect((await node.exited).code).toBe(0)
  expect(node.output).toMatch(/--bootstrap <multiaddr>/)
})
