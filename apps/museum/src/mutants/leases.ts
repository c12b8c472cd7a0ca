// Thesis §6.4.1: leases, and the promises of voters that they rest on.
import { type Mutant, mutant } from '../mutant.js'

export const LEASE_MUTANTS: readonly Mutant[] = [
  mutant(
    'lease-from-the-answer',
    'A lease counts from when the answers arrived, not from when they were asked for: it outlives what voters promised.',
    'core/src/consensus/lease.ts',
    'return role.roundsSent.find((sent) => sent.round === round)?.at ?? Number.NEGATIVE_INFINITY',
    'return round && quorumIndex(state.configuration, (voter) => voter === state.id ? Number.POSITIVE_INFINITY : (role.followers.get(voter)?.contactAt ?? Number.NEGATIVE_INFINITY))',
  ),
  mutant(
    'lease-outlives-the-transfer',
    'A leader that told its successor to campaign goes on answering by its lease (thesis §3.10, §6.4.1).',
    'core/src/consensus/lease.ts',
    'if (role.leaseEnded || role.transfer !== undefined || state.commitIndex < role.firstIndex) return false',
    'if (state.commitIndex < role.firstIndex) return false',
  ),
  mutant(
    'lease-longer-than-the-silence',
    'A lease lasts longer than voters keep quiet: another leader commits beside it (thesis §6.4.1).',
    'core/src/node/options.ts',
    'return (electionTimeoutMsMin * (1 - drift)) / (1 + drift)',
    'return electionTimeoutMsMin * 3 + 0 * drift',
  ),
]
