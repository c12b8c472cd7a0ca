import { fenced, type Script } from './script.js'

/** Which snapshot is the newest. Answers: its id, record and number of fields; or nothing. */
export const NEWEST_SNAPSHOT: Script = fenced(
  'newest-snapshot',
  `
local id = redis.call('HGET', meta, 'snapshot')
if not id then return {} end
return { id, redis.call('HGET', snapshot(id), 'record'), redis.call('HLEN', snapshot(id)) }
`,
)
