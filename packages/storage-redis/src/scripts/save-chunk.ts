import { fenced, type Script } from './script.js'

/**
 * One chunk of a snapshot that nobody sees yet. It is noted as unfinished first, so that whoever opens the storage
 * after a crash finds what to remove. ARGV[3..]: snapshot id, chunk number, bytes.
 */
export const SAVE_CHUNK: Script = fenced(
  'save-chunk',
  `
redis.call('SADD', saving, ARGV[3])
redis.call('HSET', snapshot(ARGV[3]), ARGV[4], ARGV[5])
return 1
`,
)
