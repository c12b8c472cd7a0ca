import { fenced, type Script } from './script.js'

/** What WRITE is told of each block: first effective index, first, last, term, bytes. */
export const BLOCK_ARGUMENTS = 5

/** Of ARGV, where they begin. */
const FIRST_BLOCK = 10

/**
 * One batch: truncation or restart, blocks, hard state, generation. Judged as a whole before anything is changed, since what a
 * script has changed stays changed when it fails.
 * ARGV[3..]: last index before, term or '', vote or '', truncate from or '', generation or '', index and term of what the log
 * restarts behind or '', then the blocks.
 * Answers: last.
 */
export const WRITE: Script = fenced(
  'write',
  `
local first, last = field('first'), field('last')
if text(last) ~= ARGV[3] then
  return redis.error_reply('MOVED-LOG it ends at ' .. text(last) .. ', not at ' .. ARGV[3])
end
local function wrong(what) return redis.error_reply('BATCH wrong batch: ' .. what) end

local from = tonumber(ARGV[6]) or last + 1
local index, indexTerm = tonumber(ARGV[8]), tonumber(ARGV[9])
local runTerm, term, tail = nil, indexTerm, index
if index then
  local newest, newestTerm = newestSnapshot()
  if #ARGV < ${FIRST_BLOCK} then return wrong('a restart behind ' .. text(index) .. ' with nothing') end
  if not newest or index > newest or (index == newest and indexTerm ~= newestTerm) then
    local there = newest and text(newest) .. ' of ' .. text(newestTerm) or 'not there'
    return wrong('a restart behind ' .. ARGV[8] .. ' of term ' .. ARGV[9] .. ', the newest snapshot is ' .. there)
  end
elseif from < first or from > last + 1 then
  return wrong('truncation at ' .. text(from) .. ', the log is ' .. text(first) .. ' to ' .. text(last))
else
  runTerm, tail = termAt(from - 1), from - 1
  term = runTerm or field('before-term')
end
for i = ${FIRST_BLOCK}, #ARGV, ${BLOCK_ARGUMENTS} do
  local effective, blockFirst, blockLast = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  if effective ~= tail + 1 then return wrong('entries from ' .. text(effective) .. ' after ' .. text(tail)) end
  if effective < blockFirst or effective > blockLast then
    return wrong('entries from ' .. text(effective) .. ' in a block of ' .. ARGV[i + 1] .. ' to ' .. ARGV[i + 2])
  end
  if tonumber(ARGV[i + 3]) < term then
    return wrong('an entry of term ' .. ARGV[i + 3] .. ' after one of term ' .. text(term))
  end
  tail, term = blockLast, tonumber(ARGV[i + 3])
end

if index then
  restart(index, indexTerm)
  last = index
elseif from <= last then
  -- A block that begins before the cut stays whole: where it now ends shows from what follows it.
  for _, cut in ipairs(redis.call('ZRANGEBYSCORE', blocks, text(from), '+inf')) do
    redis.call('HDEL', segment(tonumber(cut)), cut)
  end
  redis.call('ZREMRANGEBYSCORE', blocks, text(from), '+inf')
  redis.call('ZREMRANGEBYSCORE', runs, text(from), '+inf')
end
for i = ${FIRST_BLOCK}, #ARGV, ${BLOCK_ARGUMENTS} do
  redis.call('HSET', segment(tonumber(ARGV[i])), ARGV[i], ARGV[i + 4])
  redis.call('ZADD', blocks, ARGV[i], ARGV[i])
  local blockTerm = tonumber(ARGV[i + 3])
  if blockTerm ~= runTerm then
    redis.call('ZADD', runs, ARGV[i], ARGV[i + 3])
    runTerm = blockTerm
  end
end
if tail ~= last then redis.call('HSET', meta, 'last', text(tail)) end
if ARGV[4] ~= '' then redis.call('HSET', meta, 'term', ARGV[4], 'vote', ARGV[5]) end
if ARGV[7] ~= '' then redis.call('HSET', meta, 'generation', ARGV[7]) end
return text(tail)
`,
)
