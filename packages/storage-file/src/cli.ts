#!/usr/bin/env node
// riverraft-storage: looks at a storage's directory; it changes one only to recover a cluster, when it is told to.
import { once } from 'node:events'
import { Command } from 'commander'
import { escaped } from './inspect/as-text.js'
import { ExitCode, type InspectFlags, inspect, verify } from './inspect/commands.js'
import { type RecoverFlags, recover } from './recover/command.js'

// Whoever has read enough closes the pipe: no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
}

async function exitWith(command: Promise<ExitCode>): Promise<void> {
  try {
    process.exitCode = await command
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`riverraft-storage: ${escaped(message)}\n`)
    process.exitCode = ExitCode.NotRead
  }
}

const program = new Command('riverraft-storage')
  .description(
    'Shows and checks a directory of @riverraft/storage-file: inspect and verify only read, and a node may be running on it. ' +
      'After the loss of a quorum, recover makes one survivor the cluster.\n\n' +
      'Exit codes: 0 all is well, 1 damaged, 2 a wrong command line, 3 it could not be read or judged; of recover also ' +
      '4 it can be recovered and nothing was written, 5 there is nothing to recover.',
  )
  .showHelpAfterError('(riverraft-storage --help shows what there is)')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? ExitCode.Whole : ExitCode.Usage))

program
  .command('inspect <directory>')
  .description('list segments, records, terms, checksums, hard state and snapshots, then the verdict')
  .option('--json', 'one JSON object a line')
  .option('--no-records', 'leave out single records')
  .action((directory: string, flags: InspectFlags) => exitWith(inspect(directory, flags, print)))

program
  .command('verify <directory>')
  .description(
    'read everything, and say whether a node would start on it; if not: which file, where, what to do',
  )
  .option('--json', 'one JSON object')
  .action((directory: string, flags: { json?: true }) => exitWith(verify(directory, flags, print)))

program
  .command('recover <directory>')
  .description(
    'after the loss of a quorum: say what a recovery from this member would lose; with --yes make it the only voter, ' +
      'in a new generation of the cluster',
  )
  .option('--yes', 'write it; without this nothing is changed')
  .option('--address <address>', 'where this member will listen, if not where it did')
  .option(
    '--generation <number>',
    'the lowest generation to write, if not the next one: for a directory from a backup',
  )
  .option('--json', 'one JSON object')
  .action((directory: string, flags: RecoverFlags) => exitWith(recover(directory, flags, print)))

await program.parseAsync()
