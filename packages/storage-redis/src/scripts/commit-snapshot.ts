import { fenced, type Script } from './script.js'

/**
 * Makes a saved snapshot the newest one and removes the one before the one before it. A snapshot older than the
 * newest is removed instead: that one stands. ARGV[3..]: snapshot id, index, term, record.
 */
export const COMMIT_SNAPSHOT: Script = fenced(
  'commit-snapshot',
  `
local id = ARGV[3]
local newest, older = unpack(redis.call('HMGET', meta, 'snapshot', 'older-snapshot'))
if newest and tonumber(redis.call('HGET', snapshot(newest), 'index')) > tonumber(ARGV[4]) then
  redis.call('UNLINK', snapshot(id))
  redis.call('SREM', saving, id)
  return 0
end
redis.call('HSET', snapshot(id), 'index', ARGV[4], 'term', ARGV[5], 'record', ARGV[6])
redis.call('SREM', saving, id)
redis.call('HSET', meta, 'snapshot', id)
if newest then redis.call('HSET', meta, 'older-snapshot', newest) end
if older then redis.call('UNLINK', snapshot(older)) end
return 1
`,
)
