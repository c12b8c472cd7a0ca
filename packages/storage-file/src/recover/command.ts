// `recover`: says what the recovery of a lost quorum from this directory would lose, and with --yes does it.
import { resolve } from 'node:path'
import {
  assessRecovery,
  hasCode,
  type RecoverClusterOptions,
  type RecoveryReport,
  recoverCluster,
} from '@riverraft/core'
import { fileStorage } from '../file-storage.js'
import { readFormat } from '../format-file.js'
import { escaped } from '../inspect/as-text.js'
import { ExitCode, type Print } from '../inspect/commands.js'
import { nodeFileSystem } from '../node-file-system.js'
import { refuseEmpty } from '../open-directory.js'
import { assessmentAsText, outcomeAsText } from './as-text.js'
import { readOnlyStorage } from './read-only-storage.js'

export interface RecoverFlags {
  readonly json?: true
  /** Without it nothing is written. */
  readonly yes?: true
  /** Where the member will listen; default: where it did. */
  readonly address?: string
  /** As it was typed: the lowest one to write; default: the next one. */
  readonly generation?: string
}

/**
 * Exit codes: Whole when it was recovered, NotWritten when it could be, Refused when there is nothing to recover.
 * @throws RaftError ERR_STORAGE_IDENTITY, ERR_STORAGE_EMPTY, ERR_STORAGE_LOCKED, ERR_STORAGE, ERR_INVALID_OPTION
 */
export async function recover(given: string, flags: RecoverFlags, print: Print): Promise<ExitCode> {
  const directory = resolve(given)
  const fileSystem = nodeFileSystem()
  await refuseEmpty(fileSystem, directory)
  try {
    const { nodeId: id, clusterId } = await readFormat(fileSystem, directory)
    const report = await assessRecovery({ storage: readOnlyStorage(fileSystem, directory), id, clusterId })
    const recovers = flags.yes === true && report.refusal === undefined
    const recovery = recovers ? await recoverCluster(optionsOf(directory, report, flags)) : undefined
    await tell(directory, report, recovery?.newGeneration, flags, print)
    return exitCodeOf(report, recovers)
  } catch (error) {
    if (!hasCode(error, 'ERR_STORAGE_CORRUPT')) throw error
    await print(escaped((error as Error).message))
    await print('DAMAGED: nothing was written. riverraft-storage verify says more; recover another survivor')
    return ExitCode.Damaged
  }
}

/** The real storage, with its lock. */
function optionsOf(
  directory: string,
  { id, clusterId }: RecoveryReport,
  { address, generation }: RecoverFlags,
): RecoverClusterOptions {
  const storage = fileStorage({ directory })
  return {
    storage,
    id,
    clusterId,
    ...(address === undefined ? {} : { address }),
    ...(generation === undefined ? {} : { generation: Number(generation) }),
  }
}

async function tell(
  directory: string,
  report: RecoveryReport,
  newGeneration: number | undefined,
  { json }: RecoverFlags,
  print: Print,
): Promise<void> {
  const recovered = newGeneration !== undefined
  if (json) return print(JSON.stringify({ directory, recovered, ...report, newGeneration }))
  for (const line of [
    ...assessmentAsText(directory, report),
    ...outcomeAsText(directory, report, newGeneration),
  ])
    await print(escaped(line))
}

function exitCodeOf({ refusal }: RecoveryReport, recovered: boolean): ExitCode {
  if (refusal !== undefined) return ExitCode.Refused
  return recovered ? ExitCode.Whole : ExitCode.NotWritten
}
