// The cluster's secret: who has it may join. It stands in a file or in the environment, never on a command line.
import { randomBytes } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_SECRET, SECRET_VARIABLE, UsageError } from '../parsers.js'

/** As many as a joining node must bring: less could be guessed by whoever listens. */
const SECRET_BYTES_MIN = 16
const RANDOM_BYTES = 32
const KEPT = 'secret'

export interface Secret {
  readonly text: string
  /** Where it can be read; undefined: in the environment. */
  readonly file: string | undefined
}

export interface SecretSources {
  /** `--secret-file`. */
  readonly file: string | undefined
  /** Of the environment. */
  readonly variable: string | undefined
  /** The node's directory, where a copy stays. */
  readonly directory: string | undefined
  /** A cluster is created: it gets a secret if there is none yet. */
  readonly create: boolean
}

/** Undefined: none is to be found. @throws UsageError */
export async function findSecret({
  file,
  variable,
  directory,
  create,
}: SecretSources): Promise<Secret | undefined> {
  const kept = directory === undefined ? undefined : join(directory, KEPT)
  const given =
    file !== undefined
      ? await readSecret(file)
      : variable !== undefined
        ? { text: checked(variable, SECRET_VARIABLE), file: undefined }
        : undefined
  if (given === undefined && file !== undefined && !create)
    throw new UsageError(`--secret-file: there is no ${file}`)
  const found = given ?? (kept === undefined ? undefined : await readSecret(kept))
  const secret = found ?? (create ? await makeSecret(file ?? kept ?? DEFAULT_SECRET) : undefined)
  if (secret !== undefined && kept !== undefined && secret.file !== kept) await writeSecret(kept, secret.text)
  return secret
}

/** A new one, in a file that only its owner can read. */
export async function makeSecret(file: string): Promise<Secret> {
  const text = randomBytes(RANDOM_BYTES).toString('base64url')
  await writeSecret(file, text)
  return { text, file }
}

async function writeSecret(file: string, text: string): Promise<void> {
  await writeFile(file, `${text}\n`, { mode: 0o600 })
  // An earlier file keeps the mode it had.
  await chmod(file, 0o600)
}

/** Undefined: there is no such file. @throws UsageError */
async function readSecret(file: string): Promise<Secret | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined
    throw new UsageError(`the secret cannot be read: ${(error as Error).message}`)
  }
  return { text: checked(text, file), file }
}

/** The end of a line is no part of it. @throws UsageError */
function checked(text: string, where: string): string {
  const secret = text.replace(/\r?\n$/, '')
  if (Buffer.byteLength(secret) >= SECRET_BYTES_MIN) return secret
  throw new UsageError(`the secret in ${where} is shorter than ${SECRET_BYTES_MIN} bytes`)
}
