// What counts as a fault in statistics.
export const FAULT_PREFIXES = ['network: ', 'disk: ', 'nemesis: ', 'crash '] as const
