// A member's identity over libp2p is an Ed25519 key kept on disk: its PeerId is the member's id.
import { type FileHandle, link, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type NodeId, RaftError } from '@riverraft/core'

/** The member id of the node that holds this key: its PeerId. */
export function nodeIdOf(privateKey: PrivateKey): NodeId {
  return peerIdFromPrivateKey(privateKey).toString()
}

/**
 * Reads the private key in `file` (libp2p's protobuf form), or creates an Ed25519 key there, readable by its owner
 * only. Back it up: a lost key is a lost member, and a key in two places is one member twice.
 * @throws RaftError ERR_INVALID_OPTION when the file holds something else
 */
export async function loadOrCreateKey(file: string): Promise<PrivateKey> {
  return (await load(file)) ?? (await create(file))
}

async function load(file: string): Promise<PrivateKey | undefined> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    return privateKeyFromProtobuf(bytes)
  } catch (cause) {
    throw new RaftError('ERR_INVALID_OPTION', `${file} does not hold a libp2p private key`, { cause })
  }
}

async function create(file: string): Promise<PrivateKey> {
  const key = await generateKeyPair('Ed25519')
  await mkdir(dirname(file), { recursive: true })
  // Written beside and linked into place when it is durable: nobody ever sees half a key, a power cut cannot leave
  // a node that has already used an identity it does not remember, and of two processes that start at once both get
  // the key of the one that linked first.
  const temporary = `${file}.${process.pid}-${crypto.randomUUID()}.tmp`
  await withFile(temporary, 'wx', async (handle) => {
    await handle.writeFile(privateKeyToProtobuf(key))
    await handle.sync()
  })
  try {
    await link(temporary, file)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return loadOrCreateKey(file)
  } finally {
    await unlink(temporary)
  }
  // Windows has no directory handles to sync.
  if (process.platform !== 'win32') await withFile(dirname(file), 'r', (directory) => directory.sync())
  return key
}

async function withFile(
  path: string,
  flags: string,
  body: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags, 0o600)
  try {
    await body(handle)
  } finally {
    await handle.close()
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}
