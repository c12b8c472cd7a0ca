// What counts as a fault in statistics: what was done to the cluster, not what followed from it.

const PREFIXES = ['network: ', 'disk: ', 'nemesis: '] as const

/** These tell how a fault went on, and would count it twice. A replay of old copies counts when there are any. */
const CONSEQUENCES =
  /^(nemesis: replay-old|network: (lost|arrives|clog|queued|replaced|dropped|pressure)|disk: (power lost|process killed|unsynced|failed sync|the cache|full))/

/** How often each kind of fault happened. */
export function faultsOf(coverage: Iterable<readonly [string, number]>): Map<string, number> {
  const faults = new Map<string, number>()
  for (const [name, count] of coverage)
    if (PREFIXES.some((prefix) => name.startsWith(prefix)) && !CONSEQUENCES.test(name))
      faults.set(name, count)
  return faults
}
