// Raft §6: which configuration is in force, when the next one may follow, and who hears of it.
import { type Mutant, mutant } from '../mutant.js'

const CHANGES = 'core/src/consensus/membership-changes.ts'
const CONFIGURATION = 'core/src/consensus/configuration.ts'
const EVOLVE = 'core/src/consensus/evolve-membership.ts'
const LEAVING = 'core/src/consensus/leaving.ts'
const MEMBERS = 'core/src/node/membership/members.ts'

export const MEMBERSHIP_MUTANTS: readonly Mutant[] = [
  mutant(
    'no-joint-phase',
    'The new voters follow the old ones directly: both can have a majority of their own (§6).',
    CHANGES,
    'sameVoters(voters, outgoing) ? { voters, learners } : { voters, learners, outgoing }',
    'true ? { voters, learners } : { voters, learners, outgoing }',
  ),
  mutant(
    'new-members-before-joint-is-committed',
    'C_new is appended while C_old,new is not committed: the old voters decide without it (§6).',
    CHANGES,
    "if (role.role !== 'leader' || state.commitIndex < Math.max(index, role.firstIndex)) return",
    "if (role.role !== 'leader' || state.commitIndex < role.firstIndex) return",
  ),
  mutant(
    'successor-stays-joint',
    'Only the leader that began a change ends it: after it nobody does (etcd#12136).',
    CHANGES,
    "if (role.role !== 'leader' || state.commitIndex < Math.max(index, role.firstIndex)) return",
    "if (role.role !== 'leader' || state.commitIndex < Math.max(index, role.firstIndex) || index < role.firstIndex) return",
  ),
  {
    name: 'second-change-while-one-is-under-way',
    story: 'A change is begun while another is not committed: their majorities need not overlap.',
    edits: [
      {
        file: CHANGES,
        find: "if (index > commitIndex || configuration.outgoing !== undefined) return 'under-way'",
        replace: '',
      },
      {
        file: 'core/src/node/membership/changes.ts',
        find: "if (this.isUnderWay) throw refused('under-way')",
        replace: '',
      },
    ],
  },
  mutant(
    'change-before-own-commit',
    'A new leader changes the members before it has committed anything (raft-dev 2015, braft#182).',
    CHANGES,
    "if (commitIndex < role.firstIndex) return 'not-yet-committed'",
    '',
  ),
  {
    name: 'expected-index-ignored',
    story: 'A change is made whatever the members are by now: two operators undo each other.',
    edits: [
      {
        file: CHANGES,
        find: "if (expectedIndex !== undefined && expectedIndex !== index) return 'changed'",
        replace: '',
      },
      {
        file: 'core/src/node/membership/changes.ts',
        find: "if (request.expectedIndex !== undefined && request.expectedIndex !== index) throw refused('changed')",
        replace: '',
      },
    ],
  },
  mutant(
    'promoted-with-an-empty-log',
    'A learner becomes a voter before it has caught up: what it lacks delays every commit (thesis §4.2.1).',
    CHANGES,
    'return follower.matchIndex >= Math.max(had.lastIndex, state.configurations.at(-1)!.index)',
    'return had.lastIndex >= 0',
  ),
  mutant(
    'quorum-given-away',
    'Voters that nobody hears take over: the cluster commits nothing any more.',
    CHANGES,
    'return force || canDecide(state, role, voters, now) ? undefined',
    'return force || voters.length > 0 ? undefined',
  ),
  mutant(
    'truncated-change-stays-in-force',
    'The entry of a change is truncated and its members stay: the earlier ones are not brought back (canonical/raft#250).',
    EVOLVE,
    'while (configurations.at(-1)!.index >= fromIndex) configurations.pop()',
    '',
  ),
  mutant(
    'followers-keep-their-members',
    'Only the leader goes by a configuration from append on: whoever follows it is elected by others (§6).',
    EVOLVE,
    'state.configuration = configuration\n',
    "if (state.role.role === 'leader') state.configuration = configuration\n",
  ),
  mutant(
    'recovered-change-forgotten',
    'After a restart a server goes by the members it began with, whatever its log says.',
    EVOLVE,
    'begin(state, snapshot, behind)\n',
    'begin(state, snapshot, [])\n',
  ),
  mutant(
    'snapshot-members-ignored',
    'An install brings no members: a server that was away goes by those it knew (openraft#1808).',
    EVOLVE,
    'begin(state, event, logKept ? state.configurations.filter(({ index }) => index > lastIncludedIndex) : [])',
    'void [event, lastIncludedIndex, logKept, state]',
  ),
  mutant(
    'snapshot-of-uncommitted-members',
    'A snapshot holds the newest members in the log, which may never be committed (canonical/raft#250).',
    'core/src/node/applier.ts',
    'members: this.#members,\n      timestamp',
    'members: Array.from({ length: this.#log.lastIndex - this.lastApplied }, (_, i) => this.#cache.find(this.#log.lastIndex - i)?.block.members).find((members) => members !== undefined) ?? this.#members,\n      timestamp',
  ),
  mutant(
    'snapshot-of-the-first-members',
    'Applying a change does not tell the next snapshot: it holds the members that the cluster began with.',
    'core/src/node/applier.ts',
    'this.#members = block.members!\n',
    'void block.members\n',
  ),
  mutant(
    'old-voters-lost-on-the-wire',
    'The entry of a joint configuration does not say who voted before: whoever receives it asks the new ones alone.',
    MEMBERS,
    '...(configuration.outgoing?.includes(id) ? { outgoing: true as const } : {}),',
    "...(configuration.outgoing?.includes(id) && roleIn(configuration, id) !== 'voter' ? { outgoing: true as const } : {}),",
  ),
  mutant(
    'new-member-is-sent-nothing',
    'A leader goes on with the followers that it began with: a new member never hears of it.',
    EVOLVE,
    'if (follower === undefined || follower.leaving !== undefined)\n',
    'if (follower?.leaving !== undefined)\n',
  ),
  mutant(
    'learner-campaigns',
    'A learner waits for no leader: it stands for election, and leads without a vote of its own.',
    CONFIGURATION,
    'if (isVoter(configuration, id)) return true',
    'if (isMember(configuration, id)) return true',
  ),
  mutant(
    'removed-server-campaigns',
    'A server that is removed goes on asking for votes: no leader can stay (thesis §4.2.3).',
    CONFIGURATION,
    'return index > commitIndex && previous !== undefined && isVoter(previous.configuration, id)',
    'return index >= 0 && commitIndex >= 0 && (previous === undefined || isVoter(previous.configuration, id))',
  ),
  mutant(
    'removed-leader-goes-at-once',
    'A leader that removes itself steps down before that is committed: nobody knows whether it has left (§6).',
    LEAVING,
    'if (configurations.at(-1)!.index > state.commitIndex || state.commitIndex < role.firstIndex) return\n  for',
    'for',
  ),
  mutant(
    'removed-leader-stays',
    'A leader that has committed its removal goes on: nobody votes for it, and nobody deposes it.',
    LEAVING,
    "if (role.role !== 'leader' || isVoter(configuration, state.id)) return\n  if",
    "if (role.role !== 'leader' || configuration.voters.length > 0) return\n  if",
  ),
  mutant(
    'removed-follower-is-not-told',
    'Whoever is removed hears nothing any more, not even that: it waits for a leader for ever.',
    EVOLVE,
    'if (follower !== undefined) follower.leaving = { index, told: undefined }',
    'if (follower !== undefined) followers.delete(id)',
  ),
  mutant(
    'removed-without-a-commit',
    'A server that appends its removal is out: the removal may be truncated, and the server is gone.',
    LEAVING,
    'if (index !== leaderCommit || index !== lastNewIndex || isMember(configuration, id)) return',
    'if (isMember(configuration, id)) return',
  ),
  mutant(
    'leaving-server-gets-a-snapshot',
    'A server that leaves is sent a snapshot that holds its removal: it takes it for the members it never belonged to.',
    'core/src/consensus/log-compaction.ts',
    'return leaving === undefined || lastIncludedIndex < leaving.index',
    'return leaving === undefined || lastIncludedIndex > 0',
  ),
  mutant(
    'committed-incarnation-not-compared',
    'The incarnation that is committed for a member is not what a hello is compared with: a wiped one comes back first.',
    'core/src/node/admission.ts',
    'if (incarnation === undefined || id === this.#id) continue\n',
    'if (incarnation !== undefined || id === this.#id) continue\n',
  ),
  mutant(
    'wiped-member-passes-for-a-later-one',
    "Any other storage under a member's id counts as one of a configuration still to come: an empty disk is let in.",
    'core/src/node/admission.ts',
    'if (!mayBeLater(hello.memberAt ?? NO_RANK, this.inForce())) {',
    'if (hello === undefined) {',
  ),
]
