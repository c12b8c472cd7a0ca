// What becomes of a member whose cluster was recovered without it: as soon as it meets one that was not left behind, it stops,
// so that the old members form no second quorum.
import type { NodeId } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'

export function leftBehind(id: NodeId, peer: NodeId): RaftError {
  return new RaftError(
    'ERR_CLUSTER_RECOVERED',
    `${peer} is in a later generation of the cluster: it was recovered from a lost quorum without ${id}, whose data ` +
      'no longer counts. It must come back as a new member: a new id, an empty storage',
  )
}
