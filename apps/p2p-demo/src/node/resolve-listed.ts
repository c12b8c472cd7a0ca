// Options of a node that is told who it is and who else there is.
import { createHash } from 'node:crypto'
import { type Member, RaftError } from '@riverraft/core'
import type { Formed } from '../form/protocol.js'
import { UsageError } from '../parsers.js'
import type { ListedTransportName } from './choices.js'
import { common, type NodeFlags } from './flags.js'
import type { NodeHome } from './home.js'
import type { ListedOptions } from './options.js'

/** @throws UsageError; RaftError ERR_STORAGE_IDENTITY */
export function listed(
  flags: NodeFlags,
  home: NodeHome | undefined,
  transport: ListedTransportName,
): ListedOptions {
  const id = flags.id ?? home?.settings?.id
  const { cluster, storage } = common(flags, home)
  const said = flags.members === undefined ? undefined : formedOf(cluster, flags.members)
  const formed = home?.formed ?? said
  if (id === undefined || formed === undefined) {
    throw new UsageError(
      `over ${transport} a node is told who it is and who else there is: --id a --members a=...,b=...,c=...`,
    )
  }
  if (said !== undefined && said.clusterId !== formed.clusterId) {
    const list = formed.members.map((member) => `${member.id}=${member.address}`).join(',')
    throw new RaftError(
      'ERR_STORAGE_IDENTITY',
      `${home!.directory} belongs to the cluster of ${list}: the list is fixed`,
    )
  }
  const self = formed.members.find((member) => member.id === id)
  const address = flags.listen ?? home?.settings?.listen ?? self?.address
  if (address === undefined) throw new UsageError(`--members names no ${id}`)
  return {
    transport,
    cluster,
    storage,
    home,
    id,
    formed,
    listen: address,
  }
}

/** Members that were told the same list, and no others, are of one cluster. */
function formedOf(cluster: string, members: readonly Member[]): Formed {
  const list = members.map(({ id, address }) => `${id}=${address}`).sort()
  const digest = createHash('sha256').update(list.join()).digest('hex').slice(0, 16)
  return { type: 'formed', cluster, clusterId: `${cluster}-${digest}`, members }
}
