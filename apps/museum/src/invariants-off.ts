// The core without its own invariants: what is caught then is caught by the simulator's checkers alone.
import type { Edit } from './mutant.js'

const LOG = 'core/src/consensus/log.ts'

export const INVARIANTS_OFF: readonly Edit[] = [
  {
    file: 'core/src/consensus/invariant-violation.ts',
    find: 'if (!holds) throw new InvariantViolation(sentence)',
    replace: 'void [holds, sentence]',
  },
  {
    file: LOG,
    find: 'if (firstIndex !== this.lastIndex + 1 || lastIndex < firstIndex) {',
    replace: 'if (Number.isNaN(firstIndex)) {',
  },
  { file: LOG, find: 'if (term < this.lastTerm)\n', replace: 'if (Number.isNaN(firstIndex))\n' },
]
