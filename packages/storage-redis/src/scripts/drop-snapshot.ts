import { fenced, type Script } from './script.js'

/** Removes an unfinished snapshot. ARGV[3]: snapshot id. */
export const DROP_SNAPSHOT: Script = fenced(
  'drop-snapshot',
  `
if redis.call('SREM', saving, ARGV[3]) == 1 then redis.call('UNLINK', snapshot(ARGV[3])) end
return 1
`,
)
