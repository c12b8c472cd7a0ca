import { fenced, type Script } from './script.js'

/**
 * One slice of compaction: forgets whole blocks from the beginning of the log, up to ARGV[3] and at most up to the
 * newest snapshot. A log that lacks the snapshot's (index, term) is another history: all of it goes, and what follows
 * begins after the snapshot. Every state in between is a good one to be found in after a crash.
 * ARGV[3..]: through, blocks at most. Answers: more to do?, first, last.
 */
export const COMPACT: Script = fenced(
  'compact',
  `
local first, last, through, slice = field('first'), field('last'), tonumber(ARGV[3]), tonumber(ARGV[4])
local id = redis.call('HGET', meta, 'snapshot')
if not id then return { 0, text(first), text(last) } end
local taken = redis.call('HMGET', snapshot(id), 'index', 'term')
local index, term = tonumber(taken[1]), tonumber(taken[2])

if index < first - 1 then
  return redis.error_reply('CORRUPT the log begins at ' .. text(first) .. ', the snapshot ends at ' .. text(index))
end
local foreign = last < index or (termAt(index) or field('before-term')) ~= term
if foreign then through = last else through = math.min(through, index) end

local slots = redis.call('ZRANGE', blocks, 0, slice)
local gone = {}
for i = 1, math.min(#slots, slice) do
  local blockLast = slots[i + 1] and tonumber(slots[i + 1]) - 1 or last
  if blockLast > through then break end
  gone[i] = slots[i]
  first = blockLast + 1
end
for _, each in ipairs(gone) do
  redis.call('HDEL', segment(tonumber(each)), each)
  redis.call('ZREM', blocks, each)
end
if #gone > 0 then
  redis.call('HSET', meta, 'first', text(first), 'before-term', text(termAt(first - 1)))
  -- The run that reaches into the log, or up to its beginning, stays: it knows the term there.
  local kept = redis.call('ZREVRANGEBYSCORE', runs, text(first), '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
  redis.call('ZREMRANGEBYSCORE', runs, '-inf', '(' .. kept[2])
end
if foreign and #gone == #slots then
  first, last = index + 1, index
  redis.call('DEL', runs)
  redis.call('HSET', meta, 'first', text(first), 'last', text(last), 'before-term', text(term))
  return { 0, text(first), text(last) }
end
return { #gone == slice and 1 or 0, text(first), text(last) }
`,
)
