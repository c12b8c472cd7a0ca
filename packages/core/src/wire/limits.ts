// Every length is checked against one of these before anything is allocated.

/** Bytes of one frame, its length prefix not counted. A peer that announces more is cut off. */
export const FRAME_BYTES_MAX: number = 16 * 1024 * 1024

/** Bytes of one entry block: header and entries. */
export const BLOCK_BYTES_MAX: number = 8 * 1024 * 1024

/** Entries in one block. */
export const BLOCK_ENTRIES_MAX: number = 65_536

/** Messages in one frame. */
export const FRAME_MESSAGES_MAX: number = 4_096

/** Commands that a follower puts into one Forward: what one small frame may cost its leader is bounded. */
export const FORWARD_COMMANDS_MAX: number = 4_096
/** Blocks in one AppendEntries. */
export const MESSAGE_BLOCKS_MAX: number = 4_096

/** Bytes of one chunk of a snapshot. */
export const SNAPSHOT_CHUNK_BYTES_MAX: number = 4 * 1024 * 1024

/** Bytes of a NodeId or cluster id in UTF-8. */
export const ID_BYTES_MAX: number = 255

/** Bytes of a member's address in UTF-8. */
export const ADDRESS_BYTES_MAX: number = 1_024

/** Members of one cluster, learners included. */
export const MEMBERS_MAX: number = 127

/** Bytes of a hello frame: it arrives before a peer is trusted with more. */
export const HELLO_BYTES_MAX: number = 2_048

/** Bytes of what somebody who is not trusted yet may say while it asks to be let in: one message. */
export const JOIN_REQUEST_BYTES_MAX: number = 2_048

/** Bytes of the answer: it may hold two lists of members. */
export const JOIN_ANSWER_BYTES_MAX: number = 512 * 1024
