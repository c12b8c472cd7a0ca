import { fenced, type Script } from './script.js'

/**
 * One slice of compaction: forgets whole blocks from the beginning of the log, up to ARGV[3] and at most up to the
 * newest snapshot. A log that lacks the snapshot's last entry is of another history, and stays until it restarts. Every
 * state in between is a good one to be found in after a crash.
 * ARGV[3..]: through, blocks at most. Answers: more to do?
 */
export const COMPACT: Script = fenced(
  'compact',
  `
local first, last, through, slice = field('first'), field('last'), tonumber(ARGV[3]), tonumber(ARGV[4])
local index, term = newestSnapshot()
if not index or not has(index, term) then return 0 end
through = math.min(through, index)

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
return #gone == slice and 1 or 0
`,
)
