import { fenced, type Script } from './script.js'

/** ARGV[3..]: snapshot id, chunk number. Answers: its bytes, nothing when it is gone; and whether the snapshot is kept. */
export const READ_CHUNK: Script = fenced(
  'read-chunk',
  `
local chunk = redis.call('HGET', snapshot(ARGV[3]), ARGV[4])
return { redis.call('EXISTS', snapshot(ARGV[3])), chunk }
`,
)
