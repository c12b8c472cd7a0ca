#!/usr/bin/env node
// riverraft-demo: the command line. What a command needs is loaded when it is known that the command makes sense.
import { fileURLToPath } from 'node:url'
import { Command, Option } from 'commander'
import type { NodeFlags } from './node/flags.js'
import * as parsers from './parsers.js'
import { Screen } from './ui/screen.js'
import type { UpFlags } from './up/settings.js'

const screen = new Screen(process.stdout, performance.timeOrigin)

const program = new Command('riverraft-demo')
  .description(
    'River Raft in a terminal: nodes that join each other by a secret, elect a leader and survive its death',
  )
  .showHelpAfterError('(riverraft-demo --help shows what there is)')
  // 1 says that something failed; a command line that makes no sense is 2.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))

// Without a default of commander's: a data directory may say otherwise, and wins over what nobody said.
const clusterOption = () =>
  new Option(
    '--cluster <name>',
    `the name all nodes of the cluster are told (default: "${parsers.DEFAULT_CLUSTER}")`,
  ).argParser(parsers.parseName)
const transportOption = () =>
  new Option('--transport <name>', 'libp2p, tcp or websocket (default: "libp2p")').argParser(
    parsers.parseTransport,
  )
const storageOption = () =>
  new Option('--storage <name>', 'file, memory or redis (default: "file")').argParser(parsers.parseStorage)
const mdnsOption = () => new Option('--mdns', 'also find each other by multicast on the local network')

const upCommand = program
  .command('up', { isDefault: true })
  .description('start a cluster of processes on this machine, tell its story, then stay at a prompt')
  .addOption(clusterOption())
  .addOption(
    new Option('--size <count>', `how many processes (default: ${parsers.DEFAULT_SIZE})`).argParser(
      parsers.parseSize,
    ),
  )
  .addOption(transportOption())
  .addOption(storageOption())
  .option('--data <dir>', 'keep everything there; with what is there, the same cluster continues')
  .addOption(mdnsOption())
  .action(async (flags: UpFlags) => {
    const { stdin: input, stdout: output } = process
    const terminal = input.isTTY && output.isTTY ? { input, output } : undefined
    const cli = fileURLToPath(import.meta.url)
    const { up } = await import('./up/up.js')
    await exitWith(upCommand, up({ cli, flags, terminal }, screen))
  })

const nodeCommand = program
  .command('node')
  .description('start a single node: one creates the cluster, the others join it')
  .addOption(clusterOption())
  .option('--create', 'create the cluster, and let others in')
  .addOption(
    new Option('--join <address>', 'where a member of the cluster listens; may be repeated').argParser(
      parsers.parseAddresses,
    ),
  )
  .addOption(
    new Option('--bootstrap <multiaddr>', 'over libp2p: the same as --join').argParser(
      parsers.parseAddresses,
    ),
  )
  .addOption(mdnsOption())
  .option(
    '--listen <address>',
    `where to listen; /ip4/0.0.0.0/tcp/4001 lets other machines in (default: "${parsers.DEFAULT_LISTEN}")`,
  )
  .option(
    '--secret-file <file>',
    `the cluster's secret, which a node must know to join; without it, ${parsers.SECRET_VARIABLE} in the environment. --create makes one where there is none`,
  )
  .option('--data <dir>', 'keep key, secret and log there, to continue after a stop')
  .option(
    '--key <file>',
    `the private key that makes this node itself; created if missing (default: in --data, or "${parsers.DEFAULT_KEY}")`,
  )
  .addOption(
    new Option('--timeout <seconds>', 'how long to go on asking to be let in')
      .argParser(parsers.parseSeconds)
      .default(parsers.DEFAULT_TIMEOUT_SECONDS),
  )
  .addOption(storageOption())
  .addOption(
    new Option('--redis <url>', 'with --storage redis: a Redis of this node alone').argParser(
      parsers.parseRedis,
    ),
  )
  .addOption(transportOption())
  .addOption(
    new Option('--id <name>', 'over tcp and websocket: who this node is').argParser(parsers.parseName),
  )
  .action(async (flags: NodeFlags) => {
    const { runNode } = await import('./node/run-node.js')
    await exitWith(nodeCommand, runNode(flags, screen))
  })

/** Ends the process, with 2 and the usage when the options do not go together. */
async function exitWith(command: Command, ending: Promise<number>): Promise<void> {
  try {
    process.exit(await ending)
  } catch (error) {
    if (!(error instanceof parsers.UsageError)) throw error
    command.error(`error: ${error.message}`)
  }
}

await program.parseAsync()
