// The end of a node's transport and storage.
import type { RaftError } from '../ports/errors.js'
import type { Storage } from '../ports/storage.js'
import type { Transport } from '../ports/transport.js'
import { asRaftError } from './failures.js'
import type { Runtime } from './runtime.js'

/** Resolves with the first error: `error`, which is why, or that of a closing that failed. */
export async function closeBoth(
  transport: Transport,
  storage: Storage,
  runtime: Runtime,
  error: RaftError | undefined,
): Promise<RaftError | undefined> {
  // The transport first: a disk that hangs must not keep the node on the network.
  const closeTransport = async (): Promise<void> => transport.close()
  const closeStorage = async (): Promise<void> => {
    await runtime.stop()
    await storage.close()
  }
  const closings = await Promise.allSettled([closeTransport(), closeStorage()])
  // What failed may fail to close too: the first error is the one that tells.
  const failed = closings.find((closing) => closing.status === 'rejected')
  return error ?? (failed === undefined ? undefined : asRaftError(failed.reason))
}
