// Every atomic operation is one Lua script in a file of its own, as a TypeScript constant: so it is in `dist` after a
// plain `tsc`, survives bundlers, and nothing is read from a disk at run time.
import { createHash } from 'node:crypto'

export interface Script {
  readonly name: string
  readonly text: string
  /** What EVALSHA calls it by. */
  readonly sha1: string
}

/** Where everything stands. Every other key is named after KEYS[1], so they all share its hash tag. */
const NAMES = `
local prefix = KEYS[1]
local meta, blocks, runs, saving = prefix .. ':meta', prefix .. ':blocks', prefix .. ':runs', prefix .. ':saving'
-- Numbers up to 2^53 in full: tostring would round them.
local function text(number) return string.format('%.0f', number) end
local function field(name) return tonumber(redis.call('HGET', meta, name)) end
local function segment(first) return prefix .. ':segment:' .. text(math.floor(first / 4096)) end
local function snapshot(id) return prefix .. ':snapshot:' .. id end
-- The term of the log at index; nil when no run begins at or before it.
local function termAt(index)
  return tonumber(redis.call('ZREVRANGEBYSCORE', runs, text(index), '-inf', 'LIMIT', 0, 1)[1])
end
-- Index and term of the newest snapshot; nil when there is none.
local function newestSnapshot()
  local id = redis.call('HGET', meta, 'snapshot')
  if not id then return nil end
  local taken = redis.call('HMGET', snapshot(id), 'index', 'term')
  return tonumber(taken[1]), tonumber(taken[2])
end
-- Whether the log, or what stood right before it, has this entry.
local function has(index, term)
  if index < field('first') - 1 or index > field('last') then return false end
  return (termAt(index) or field('before-term')) == term
end
-- Gives the log up: what follows begins behind this entry.
local function restart(index, term)
  for number = math.floor(field('first') / 4096), math.floor(field('last') / 4096) do
    redis.call('UNLINK', prefix .. ':segment:' .. text(number))
  end
  redis.call('UNLINK', blocks, runs)
  redis.call('HSET', meta, 'first', text(index + 1), 'last', text(index), 'before-term', text(term))
end
`

/** ARGV[1] and ARGV[2]: whoever opened the storage last owns it, and nobody else touches it. */
const FENCE = `
local owner = redis.call('HMGET', meta, 'incarnation', 'epoch')
if owner[1] ~= ARGV[1] or tonumber(owner[2]) < tonumber(ARGV[2]) then
  return redis.error_reply('LOST this Redis no longer holds what was opened')
elseif owner[2] ~= ARGV[2] then
  return redis.error_reply('FENCED somebody else has opened it: epoch ' .. owner[2] .. ' after ' .. ARGV[2])
end
`

/** A script that only the owner may run. Its own arguments begin at ARGV[3]. */
export function fenced(name: string, body: string): Script {
  return script(name, NAMES + FENCE + body)
}

/** A script that anybody may run. */
export function unfenced(name: string, body: string): Script {
  return script(name, NAMES + body)
}

function script(name: string, text: string): Script {
  return { name, text, sha1: createHash('sha1').update(text).digest('hex') }
}
