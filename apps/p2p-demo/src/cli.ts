#!/usr/bin/env node
// riverraft-demo: the command line.
import { fileURLToPath } from 'node:url'
import type { Multiaddr } from '@multiformats/multiaddr'
import { Command, InvalidArgumentError, Option } from 'commander'
import * as options from './node/options.js'
import { runNode } from './node/run-node.js'
import { Screen } from './ui/screen.js'
import { up } from './up/up.js'

const screen = new Screen(process.stdout, performance.timeOrigin)

const program = new Command('riverraft-demo')
  .description(
    'River Raft in a terminal: nodes that find each other over libp2p, elect a leader and survive its death',
  )
  .showHelpAfterError('(riverraft-demo --help shows what there is)')
  // 1 says that something failed; a command line that makes no sense is 2.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))

const clusterOption = () =>
  new Option('--cluster <name>', 'the name all nodes of the cluster are told')
    .argParser(options.parseName)
    .default(options.DEFAULT_CLUSTER)
const mdnsOption = () => new Option('--mdns', 'also find each other by multicast on the local network')

program
  .command('up', { isDefault: true })
  .description('start a cluster of processes on this machine, tell its story, then stay at a prompt')
  .addOption(clusterOption())
  .addOption(
    new Option('--size <count>', 'how many processes').argParser(parseUpSize).default(options.DEFAULT_SIZE),
  )
  .addOption(mdnsOption())
  .action(async ({ cluster, size, mdns }: { cluster: string; size: number; mdns?: true }) => {
    const { stdin: input, stdout: output } = process
    const terminal = input.isTTY && output.isTTY ? { input, output } : undefined
    const cli = fileURLToPath(import.meta.url)
    process.exit(await up({ cli, cluster, size, mdns: mdns === true, terminal }, screen))
  })

interface NodeFlags {
  readonly cluster: string
  readonly create?: true
  readonly size: number
  readonly bootstrap?: readonly Multiaddr[]
  readonly mdns?: true
  readonly listen: Multiaddr
  readonly key: string
  readonly timeout: number
}

const nodeCommand = program
  .command('node')
  .description('start a single node: one creates the cluster, the others ask in')
  .addOption(clusterOption())
  .option('--create', 'create the cluster and wait until all its members have come')
  .addOption(
    new Option('--size <count>', 'with --create: how many members, this one included')
      .argParser(options.parseSize)
      .default(options.DEFAULT_SIZE),
  )
  .addOption(
    new Option('--bootstrap <multiaddr>', 'where a node of the cluster listens; may be repeated').argParser(
      options.parseMultiaddrs,
    ),
  )
  .addOption(mdnsOption())
  .addOption(
    new Option('--listen <multiaddr>', 'where to listen; /ip4/0.0.0.0/tcp/4001 lets other machines in')
      .argParser(options.parseMultiaddr)
      .default(options.parseMultiaddr(options.DEFAULT_LISTEN), options.DEFAULT_LISTEN),
  )
  .option(
    '--key <file>',
    'the private key that makes this node itself; created if missing',
    options.DEFAULT_KEY,
  )
  .addOption(
    new Option('--timeout <seconds>', 'how long to go on looking for the cluster')
      .argParser(options.parseSeconds)
      .default(options.DEFAULT_TIMEOUT_SECONDS),
  )
  .action(async (flags: NodeFlags) => {
    const { cluster, bootstrap = [], listen, key } = flags
    const mdns = flags.mdns === true
    if (flags.create === undefined && bootstrap.length === 0 && !mdns) {
      nodeCommand.error(
        'error: say how to find the cluster (--bootstrap <multiaddr> or --mdns), or --create it',
      )
    }
    if (flags.create && bootstrap.length > 0) {
      nodeCommand.error(
        'error: --create begins a new cluster; with --bootstrap a node asks into one. Choose one.',
      )
    }
    const create = flags.create ? { size: flags.size } : undefined
    const timeoutMs = flags.timeout * 1000
    process.exit(await runNode({ cluster, create, bootstrap, mdns, listen, keyFile: key, timeoutMs }, screen))
  })

/** The story needs a majority that outlives a leader. */
function parseUpSize(value: string): number {
  const size = options.parseSize(value)
  if (size >= 3) return size
  throw new InvalidArgumentError('With fewer than 3, no majority outlives the leader.')
}

await program.parseAsync()
