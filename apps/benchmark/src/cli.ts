#!/usr/bin/env node
// riverraft-bench: the command line.
import { Command, Option } from 'commander'
import { bench, withResources } from './bench.js'
import { hasRedis } from './cluster/redis-server.js'
import { STORAGES, type StorageName, TRANSPORTS, type TransportName } from './names.js'
import * as options from './options.js'
import { benchStorage } from './storage/bench-storage.js'

const NO_REDIS = 'no redis-server on this machine (Debian, Ubuntu: apt-get install redis-server)'

interface Flags {
  readonly transport: TransportName
  readonly storage: StorageName
  readonly all?: true
  readonly callers: readonly number[]
  readonly seconds: number
  readonly warmup: number
  readonly payload: number
  readonly nodes: number
  readonly from: 'leader' | 'follower'
  readonly kill: boolean
  readonly bare: boolean
  readonly json?: string
  readonly profile?: string
}

interface StorageFlags {
  readonly entries: readonly number[]
  readonly payloads: readonly number[]
  readonly seconds: number
  /** In bytes, like `scan`. */
  readonly segment: number
  readonly scan: number
  readonly json?: string
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const program = new Command('riverraft-bench')
  .description(
    'Measures a River Raft cluster on this machine, and compares its logs before it prints a figure',
  )
  .showHelpAfterError('(riverraft-bench --help shows what there is)')
  // 1 says that something failed; a command line that makes no sense is 2.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  // What stands behind a command is for that command: some options have the same name.
  .enablePositionalOptions()
  .allowExcessArguments(false)
  .addOption(
    new Option('--transport <name>', 'memory: all replicas in one process')
      .choices(TRANSPORTS)
      .default('tcp'),
  )
  .addOption(new Option('--storage <name>', 'where the logs go').choices(STORAGES).default('memory'))
  .option('--all', 'every transport with every storage')
  .addOption(
    new Option('--callers <counts>', 'how many callers at once, one window each')
      .argParser(options.parseCallers)
      .default([1, 64, 1000], '1,64,1000'),
  )
  .addOption(
    new Option('--seconds <number>', 'length of a window').argParser(options.parseSeconds).default(3),
  )
  .addOption(
    new Option('--warmup <number>', 'seconds before a window, not counted')
      .argParser(options.parseWarmup)
      .default(1),
  )
  .addOption(
    new Option('--payload <bytes>', 'size of a command').argParser(options.parsePayload).default(256),
  )
  .addOption(new Option('--nodes <count>', 'how many replicas').argParser(options.parseNodes).default(3))
  .addOption(
    new Option('--from <role>', 'whose process the callers are in')
      .choices(['leader', 'follower'])
      .default('leader'),
  )
  .option('--no-kill', 'leave the leader alive')
  .option('--no-bare', 'do not measure the bare loop beside it')
  .addOption(new Option('--json <file>', 'write everything that was measured').argParser(options.parseFile))
  .addOption(
    new Option('--profile <file>', "a CPU profile of the callers' process in the last window").argParser(
      options.parseFile,
    ),
  )
  .action(async (flags: Flags) => {
    const { transport, storage, payload: payloadBytes, json, profile, ...run } = flags
    if (run.from === 'follower' && run.nodes === 1) program.error('error: a cluster of one has no follower')
    const redis = hasRedis()
    if (storage === 'redis' && !redis) program.error(`error: ${NO_REDIS}`)
    if (flags.all && !redis) process.stderr.write(`Without redis storage: ${NO_REDIS}\n`)
    const storages = STORAGES.filter((name) => name !== 'redis' || redis)
    const pairs = flags.all ? everyPair(storages) : [{ transport, storage }]
    process.exit(await bench({ ...run, payloadBytes, json, profile, pairs }, print))
  })

program
  .command('storage')
  .description(
    'Measures the file storage alone: appends beside a bare loop, 70 % load, and reading a log back',
  )
  .allowExcessArguments(false)
  .addOption(
    new Option('--entries <counts>', 'entries in a batch')
      .argParser(options.parseEntries)
      .default([1, 64, 1000], '1,64,1000'),
  )
  .addOption(
    new Option('--payloads <bytes>', 'sizes of an entry')
      .argParser(options.parsePayloads)
      .default([256, 16_384], '256,16384'),
  )
  .addOption(
    new Option('--seconds <number>', 'for each kind of batch').argParser(options.parseSeconds).default(4),
  )
  .addOption(
    new Option('--segment <MiB>', 'size of a log segment')
      .argParser(options.parseSegment)
      .default(64 * 2 ** 20, '64'),
  )
  .addOption(
    new Option('--scan <MiB>', 'size of the log that is read back; 0: none')
      .argParser(options.parseScan)
      .default(2 ** 30, '1024'),
  )
  .addOption(new Option('--json <file>', 'write everything that was measured').argParser(options.parseFile))
  .action(
    async ({ entries, payloads, seconds, segment: segmentBytes, scan: scanBytes, json }: StorageFlags) => {
      const storage = { entries, payloads, seconds, segmentBytes, scanBytes, json }
      process.exit(await withResources((resources) => benchStorage(storage, resources, print)))
    },
  )

function everyPair(storages: readonly StorageName[]) {
  return TRANSPORTS.flatMap((transport) => storages.map((storage) => ({ transport, storage })))
}

await program.parseAsync()
