import { type Script, unfenced } from './script.js'

/**
 * Formats an empty storage, takes the epoch of any other: from here on its former owner is fenced off.
 * ARGV: cluster id, node id, incarnation, members, generation, must it exist (1)? Answers: formatted?, meta, runs with their first indexes, the
 * snapshot's fields, unfinished snapshots.
 */
export const OPEN: Script = unfenced(
  'open',
  `
local formatted = 0
local stored = redis.call('HMGET', meta, 'format', 'cluster', 'node')
if not stored[1] then
  if redis.call('EXISTS', meta, blocks, runs, saving) > 0 then
    return redis.error_reply('CORRUPT there are keys of a log, but not what says whose it is')
  end
  if ARGV[6] == '1' then return redis.error_reply('EMPTY there is no storage') end
  redis.call('HSET', meta, 'format', '1', 'cluster', ARGV[1], 'node', ARGV[2], 'incarnation', ARGV[3],
    'members', ARGV[4], 'epoch', 1, 'term', 0, 'vote', '', 'generation', ARGV[5], 'first', 1, 'last', 0, 'before-term', 0)
  formatted = 1
elseif stored[1] ~= '1' then
  return redis.error_reply('FORMAT ' .. stored[1] .. ' is not known to this version')
elseif stored[2] ~= ARGV[1] or stored[3] ~= ARGV[2] then
  return redis.error_reply('IDENTITY it belongs to ' .. stored[3] .. ' of ' .. stored[2])
else
  redis.call('HINCRBY', meta, 'epoch', 1)
end
local id = redis.call('HGET', meta, 'snapshot')
local newest = {}
if id then
  newest = { id, redis.call('HGET', snapshot(id), 'record'), redis.call('HLEN', snapshot(id)) }
end
return { formatted, redis.call('HGETALL', meta), redis.call('ZRANGE', runs, 0, -1, 'WITHSCORES'), newest,
  redis.call('SMEMBERS', saving) }
`,
)
