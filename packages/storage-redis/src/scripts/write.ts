import { fenced, type Script } from './script.js'

/** What WRITE is told of each block: first effective index, first, last, term, bytes. */
export const BLOCK_ARGUMENTS = 5

/**
 * One batch: truncation, blocks, hard state, generation; or, when it begins right behind a snapshot whose last entry the log lacks,
 * a log that restarts there. Judged as a whole before anything is changed, since what a script has
 * changed stays changed when it fails.
 * ARGV[3..]: last index before, term or '', vote or '', truncate from or '', generation or '', then the blocks.
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
local index, snapshotTerm = newestSnapshot()
local restarts = index and tonumber(ARGV[8]) == index + 1 and not (from > index and has(index, snapshotTerm))
if not restarts and (from < first or from > last + 1) then
  return wrong('truncation at ' .. text(from) .. ', the log is ' .. text(first) .. ' to ' .. text(last))
end
local runTerm, term, tail = nil, snapshotTerm, index
if not restarts then
  runTerm, tail = termAt(from - 1), from - 1
  term = runTerm or field('before-term')
end
for i = 8, #ARGV, ${BLOCK_ARGUMENTS} do
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

if restarts then
  restart(index, snapshotTerm)
  last = index
elseif from <= last then
  -- A block that begins before the cut stays whole: where it now ends shows from what follows it.
  for _, cut in ipairs(redis.call('ZRANGEBYSCORE', blocks, text(from), '+inf')) do
    redis.call('HDEL', segment(tonumber(cut)), cut)
  end
  redis.call('ZREMRANGEBYSCORE', blocks, text(from), '+inf')
  redis.call('ZREMRANGEBYSCORE', runs, text(from), '+inf')
end
for i = 8, #ARGV, ${BLOCK_ARGUMENTS} do
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
