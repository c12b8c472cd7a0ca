// The file `format`: whose directory this is. Written once, when it is formatted.
import { RaftError, type StorageIdentity } from '@riverraft/core'
import { FieldWriter } from './bytes.js'
import { createFile, readUpTo, withFile, write } from './calls.js'
import { corrupt } from './errors.js'
import type { FileSystem } from './file-system.js'
import { readMembers, writeMembers } from './members.js'
import { FORMAT_NAME, UNFINISHED } from './names.js'
import { SEALED_BYTES_MAX, seal, unseal } from './sealed.js'

/** "RVRF" as bytes. */
const MAGIC = 0x46525652

export async function readFormat(fileSystem: FileSystem, directory: string): Promise<StorageIdentity> {
  const path = `${directory}/${FORMAT_NAME}`
  return withFile(fileSystem, path, 'read', async (file) => {
    const size = await fileSystem.size(file)
    if (size > SEALED_BYTES_MAX) throw corrupt(path, undefined, `it is ${size} bytes long`)
    const bytes = Buffer.alloc(size)
    const have = await readUpTo(fileSystem, file, bytes, 0)
    const sealed = unseal(MAGIC, bytes.subarray(0, have), path)
    if (sealed === undefined || sealed.length !== size) throw corrupt(path, 0, 'it is not whole')
    const { fields } = sealed
    const [clusterId, nodeId, incarnation] = [fields.text(), fields.text(), fields.text()]
    const members = readMembers(fields)
    return { clusterId, nodeId, incarnation, members, generation: fields.u53OrZero() }
  })
}

export async function writeFormat(
  fileSystem: FileSystem,
  directory: string,
  identity: StorageIdentity,
): Promise<void> {
  const { clusterId, nodeId, incarnation, members, generation = 0 } = identity
  const fields = new FieldWriter().text(clusterId).text(nodeId).text(incarnation)
  const { bytes } = seal(MAGIC, writeMembers(fields, members).u53UnlessZero(generation))
  await createFile(fileSystem, directory, FORMAT_NAME, FORMAT_NAME + UNFINISHED, (file) =>
    write(fileSystem, file, bytes, 0),
  )
}

/** @throws RaftError ERR_STORAGE_IDENTITY */
export function checkIdentity(directory: string, stored: StorageIdentity, wanted: StorageIdentity): void {
  if (stored.clusterId === wanted.clusterId && stored.nodeId === wanted.nodeId) return
  const say = ({ nodeId, clusterId }: StorageIdentity): string => `node '${nodeId}' of cluster '${clusterId}'`
  throw new RaftError('ERR_STORAGE_IDENTITY', `${directory} belongs to ${say(stored)}, not to ${say(wanted)}`)
}
