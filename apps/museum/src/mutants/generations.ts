// A quorum that is lost for good: one survivor goes on in a new generation, and nobody of the one before may count any more.
import { type Mutant, mutant } from '../mutant.js'

const ADMISSION = 'core/src/node/admission.ts'
const RECOVER = 'core/src/node/lost-quorum/recover-cluster.ts'

export const GENERATION_MUTANTS: readonly Mutant[] = [
  mutant(
    'later-generation-let-in',
    'Whoever was left behind by a recovery lets the survivor in, and takes it for a member that it counts.',
    ADMISSION,
    "return 'wrong-generation'",
    '',
  ),
  mutant(
    'recovery-keeps-the-generation',
    'A recovered cluster says that it is the one before: those that it has given up form another one beside it.',
    RECOVER,
    'generation: newGeneration,',
    'generation,',
  ),
  mutant(
    'recovery-without-a-joint-phase',
    'The log of a recovered cluster goes from the old voters to the new one directly: whoever reads it later refuses it.',
    RECOVER,
    'return isJoint ? [voters, joint, [self]] : [joint, [self]]',
    'return isJoint ? [voters, joint, [self]] : [[self]]',
  ),
  mutant(
    'recovery-truncates',
    'A recovery removes what is not known to be committed: it may be, and nobody else is left to have it.',
    RECOVER,
    'truncateFrom: undefined,\n      blocks: steps.map((step, i) => membershipBlock(step, lastIndex + 1 + i, term, stored)),',
    'truncateFrom: lastIndex,\n      blocks: steps.map((step, i) => membershipBlock(step, lastIndex + i, term, stored)),',
  ),
  mutant(
    'survivor-with-less-chosen',
    'Of two survivors any is recovered: what only the other one has is lost, and may be committed.',
    'core/src/node/lost-quorum/choose-survivor.ts',
    'if (a.lastTerm !== b.lastTerm) return b.lastTerm - a.lastTerm\n  if (a.lastIndex !== b.lastIndex) return b.lastIndex - a.lastIndex',
    '',
  ),
]
