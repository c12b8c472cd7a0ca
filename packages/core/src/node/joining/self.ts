// What a node that joins knows of itself.
import type { Admission } from '../admission.js'
import type { EventStream } from '../event-stream.js'
import type { Runtime } from '../runtime.js'
import type { NodeStatus } from '../types.js'
import type { Self } from './joining.js'

export function selfOf(
  { id, address, incarnation }: NodeStatus,
  admission: Admission,
  { membership, state }: Runtime,
  events: EventStream,
): Self {
  return {
    address,
    incarnation,
    leaseHash: admission.hello(id).leaseHash,
    // What another storage was under this id says nothing of this node.
    member: () =>
      membership.isAnother ? undefined : membership.inForce.members.find((member) => member.id === id),
    isCommitted: () => membership.inForce.index <= state.commitIndex,
    addresses: () =>
      membership.inForce.members.filter((member) => member.id !== id).map((member) => member.address),
    emit: (event) => events.emit(event),
    on: (type, look) => events.on(type, look),
  }
}
