// The lines of the two figures of the Raft paper that say what an implementation is: each has its row in docs/paper-map.md.

/** By the heading of its table. */
export const FIGURE_2: Readonly<Record<string, readonly string[]>> = {
  'State: persistent on all servers': [
    '"Updated on stable storage before responding to RPCs"',
    'currentTerm: "latest term server has seen"',
    'votedFor: "candidateId that received vote in current term"',
    'log[]: "each entry contains command for state machine, and term when entry was received by leader (first index is 1)"',
  ],
  'State: volatile on all servers': [
    'commitIndex: "index of highest log entry known to be committed (initialized to 0, increases monotonically)"',
    'lastApplied: "index of highest log entry applied to state machine (initialized to 0, increases monotonically)"',
  ],
  'State: volatile on leaders': [
    '"Reinitialized after election"',
    'nextIndex[]: "index of the next log entry to send to that server (initialized to leader last log index + 1)"',
    'matchIndex[]: "index of highest log entry known to be replicated on server (initialized to 0, increases monotonically)"',
  ],
  'AppendEntries RPC: arguments': [
    '"Invoked by leader to replicate log entries (§5.3); also used as heartbeat (§5.2)"',
    'term: "leader\'s term"',
    'leaderId: "so follower can redirect clients"',
    'prevLogIndex: "index of log entry immediately preceding new ones"',
    'prevLogTerm: "term of prevLogIndex entry"',
    'entries[]: "log entries to store (empty for heartbeat; may send more than one for efficiency)"',
    'leaderCommit: "leader\'s commitIndex"',
  ],
  'AppendEntries RPC: results': [
    'term: "currentTerm, for leader to update itself"',
    'success: "true if follower contained entry matching prevLogIndex and prevLogTerm"',
  ],
  'AppendEntries RPC: receiver implementation': [
    '1. "Reply false if term < currentTerm"',
    '2. "Reply false if log doesn\'t contain an entry at prevLogIndex whose term matches prevLogTerm"',
    '3. "If an existing entry conflicts with a new one (same index but different terms), delete the existing entry and all that follow it"',
    '4. "Append any new entries not already in the log"',
    '5. "If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last new entry)"',
  ],
  'RequestVote RPC: arguments': [
    '"Invoked by candidates to gather votes (§5.2)"',
    'term: "candidate\'s term"',
    'candidateId: "candidate requesting vote"',
    'lastLogIndex: "index of candidate\'s last log entry (§5.4)"',
    'lastLogTerm: "term of candidate\'s last log entry (§5.4)"',
  ],
  'RequestVote RPC: results': [
    'term: "currentTerm, for candidate to update itself"',
    'voteGranted: "true means candidate received vote"',
  ],
  'RequestVote RPC: receiver implementation': [
    '1. "Reply false if term < currentTerm"',
    '2. "If votedFor is null or candidateId, and candidate\'s log is at least as up-to-date as receiver\'s log, grant vote"',
  ],
  'Rules for servers: all servers': [
    '"If commitIndex > lastApplied: increment lastApplied, apply log[lastApplied] to state machine (§5.3)"',
    '"If RPC request or response contains term T > currentTerm: set currentTerm = T, convert to follower (§5.1)"',
  ],
  'Rules for servers: followers': [
    '"Respond to RPCs from candidates and leaders"',
    '"If election timeout elapses without receiving AppendEntries RPC from current leader or granting vote to candidate: convert to candidate"',
  ],
  'Rules for servers: candidates': [
    '"On conversion to candidate, start election"',
    '"Increment currentTerm"',
    '"Vote for self"',
    '"Reset election timer"',
    '"Send RequestVote RPCs to all other servers"',
    '"If votes received from majority of servers: become leader"',
    '"If AppendEntries RPC received from new leader: convert to follower"',
    '"If election timeout elapses: start new election"',
  ],
  'Rules for servers: leaders': [
    '"Upon election: send initial empty AppendEntries RPCs (heartbeat) to each server; repeat during idle periods to prevent election timeouts (§5.2)"',
    '"If command received from client: append entry to local log, respond after entry applied to state machine (§5.3)"',
    '"If last log index ≥ nextIndex for a follower: send AppendEntries RPC with log entries starting at nextIndex"',
    '"If successful: update nextIndex and matchIndex for follower (§5.3)"',
    '"If AppendEntries fails because of log inconsistency: decrement nextIndex and retry (§5.3)"',
    '"If there exists an N such that N > commitIndex, a majority of matchIndex[i] ≥ N, and log[N].term == currentTerm: set commitIndex = N (§5.3, §5.4)"',
  ],
}

export const FIGURE_13: Readonly<Record<string, readonly string[]>> = {
  'InstallSnapshot RPC: arguments': [
    '"Invoked by leader to send chunks of a snapshot to a follower. Leaders always send chunks in order."',
    'term: "leader\'s term"',
    'leaderId: "so follower can redirect clients"',
    'lastIncludedIndex: "the snapshot replaces all entries up through and including this index"',
    'lastIncludedTerm: "term of lastIncludedIndex"',
    'offset: "byte offset where chunk is positioned in the snapshot file"',
    'data[]: "raw bytes of the snapshot chunk, starting at offset"',
    'done: "true if this is the last chunk"',
  ],
  'InstallSnapshot RPC: results': ['term: "currentTerm, for leader to update itself"'],
  'InstallSnapshot RPC: receiver implementation': [
    '1. "Reply immediately if term < currentTerm"',
    '2. "Create new snapshot file if first chunk (offset is 0)"',
    '3. "Write data into snapshot file at given offset"',
    '4. "Reply and wait for more data chunks if done is false"',
    '5. "Save snapshot file, discard any existing or partial snapshot with a smaller index"',
    '6. "If existing log entry has same index and term as snapshot\'s last included entry, retain log entries following it and reply"',
    '7. "Discard the entire log"',
    '8. "Reset state machine using snapshot contents (and load snapshot\'s cluster configuration)"',
  ],
}

/** Of the thesis, and of the paper's §6 and §7. */
export const SECTIONS: readonly string[] = [
  'Leadership transfer (thesis §3.10)',
  'Membership: the joint configuration (paper §6, thesis §4.3)',
  'Membership: safety (thesis §4.1)',
  'Membership: availability (thesis §4.2)',
  'Membership: administration (thesis §4.4)',
  'Client sessions (thesis §6.3, paper §8)',
  'Reads (thesis §6.4)',
  'Pre-vote (thesis §9.6)',
  'Log compaction (paper §7, thesis chapter 5)',
]

/** Public issues of other projects: each has its test. */
export const ISSUES: readonly string[] = [
  'camunda#5356',
  'CCF#8094',
  'etcd#8243',
  'canonical/raft#279',
  'NuRaft#293',
  'hashicorp/raft#503',
  'hashicorp/raft#696',
  'openraft#511',
  'scylladb#9965',
  'scylladb#10578',
  'etcd#14370',
  'etcd-io/raft#11',
  'openraft#1810',
  'etcd#20418',
  'etcd#7331',
  'etcd#11483',
  'etcd#6005',
  'sofa-jraft PR 34',
  'openraft#1747',
  'etcd-io/raft#99',
  'etcd#15247',
  'braft#182',
  'copycat#23',
  'etcd#12136',
  'etcd#11038',
  'hashicorp/raft#483',
  'openraft#1808',
  'canonical/raft#250',
  'Ratis PR 1567',
  'dgraph#2707',
  'dragonboat#156',
  'etcd#18055',
  'hashicorp/raft#145',
  'hashicorp/raft#498',
  'sofa-jraft#550',
  'etcd#18424',
]
