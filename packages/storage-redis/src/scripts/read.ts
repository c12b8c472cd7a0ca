import { fenced, type Script } from './script.js'

/**
 * Blocks from the one that holds an index on. ARGV[3..]: from, bytes at most.
 * Answers: the last effective index of the last block, then first effective index and bytes of each; or nothing.
 */
export const READ: Script = fenced(
  'read',
  `
local first, last, from, bytesMax = field('first'), field('last'), tonumber(ARGV[3]), tonumber(ARGV[4])
if from < first or from > last then return {} end
local slot = redis.call('ZREVRANGEBYSCORE', blocks, text(from), '-inf', 'LIMIT', 0, 1)[1]
if not slot then return redis.error_reply('CORRUPT no block holds index ' .. ARGV[3]) end
local answer, bytes, begin = { '' }, 0, slot
while true do
  -- In slices: how many blocks fit is known only when they are seen.
  local slots = redis.call('ZRANGEBYSCORE', blocks, begin, '+inf', 'LIMIT', 0, 64)
  for _, each in ipairs(slots) do
    bytes = bytes + redis.call('HSTRLEN', segment(tonumber(each)), each)
    if #answer > 1 and bytes > bytesMax then
      answer[1] = text(tonumber(each) - 1)
      return answer
    end
    answer[#answer + 1] = each
    answer[#answer + 1] = redis.call('HGET', segment(tonumber(each)), each) or ''
    begin = '(' .. each
  end
  if #slots < 64 then
    answer[1] = text(last)
    return answer
  end
end
`,
)
