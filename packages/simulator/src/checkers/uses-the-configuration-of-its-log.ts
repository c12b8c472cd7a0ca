// Raft §6: "a server always uses the latest configuration in its log, regardless of whether the entry is committed"; thesis
// §4.1: a server "must be prepared to fall back to the previous configuration in its log". Compared with the entries' bytes.
import { isDeepStrictEqual } from 'node:util'
import type { NodeEvent } from '@riverraft/core'
import type { AnyCluster } from '../cluster/nemesis.js'
import type { Checker } from './checker.js'
import { sameConfiguration, textOf } from './configurations.js'
import { appendedBy, type NodeView } from './node-view.js'

const EVERY_MS = 250

export const usesTheConfigurationOfItsLog: Checker = {
  property: 'uses-the-configuration-of-its-log',
  hooks(_history, fail) {
    /** Whose log has another newest configuration since its last event: it must say so now. */
    const due = new Set<NodeView>()
    return {
      opened: (node) => void due.delete(node),
      event(node, event) {
        if (due.delete(node) && event.type !== 'MembershipChanged')
          fail(`${node.id} does not say that ${textOf(node.configuration)} is in force`)
        if (changesConfiguration(node, event)) due.add(node)
        // What its leader says comes before the bytes: those are compared when they are there.
        if (event.type !== 'MembershipChanged' || appendedBy(node, event) !== undefined) return
        const { configuration, durableSnapshot } = node
        const { index } = configuration
        // The end of a snapshot stands for the entry from then on, also when there is a newer one.
        const ofSnapshot = event.index >= index && event.index <= (durableSnapshot?.metadata.index ?? 0)
        if (!sameConfiguration(event.configuration, configuration) || (event.index !== index && !ofSnapshot))
          fail(
            `${node.id} uses ${textOf(event.configuration)} of ${event.index}, its log has ${textOf(configuration)} at ${index}`,
          )
      },
    }
  },
}

/** The newest configuration of a log that is not its leader's is appended, or goes. */
function changesConfiguration(node: NodeView, event: NodeEvent): boolean {
  if (event.type === 'LogTruncated') return node.configuration.index >= event.fromIndex
  if (event.type !== 'EntriesAppended' || node.role === 'leader') return false
  const { known } = node.configurations
  return known.some(
    ({ index, term }) => term === event.term && index >= event.firstIndex && index <= event.lastIndex,
  )
}

/** What a server tells its users, addresses and incarnations included. */
export function watchMembers(cluster: AnyCluster): void {
  const { world } = cluster
  const look = (): void => {
    for (const { node, id, parts } of cluster.up) {
      const { members } = parts.view.configuration
      const told = node?.status().members
      if (members !== undefined && told !== undefined && !isDeepStrictEqual(told, members))
        world.fail(
          usesTheConfigurationOfItsLog.property,
          `${id} tells of ${JSON.stringify(told)}, its log of ${JSON.stringify(members)}`,
        )
    }
    world.after(EVERY_MS, look)
  }
  look()
}
