import { createHash } from 'node:crypto'
import { hasCode } from '@ropewalk/core/errors'
import type { RedisConnection } from './redis-connection.ts'
import { getReplyCode } from './redis-errors.ts'

/** A script that Redis runs as one step. KEYS[1] is always the stream. */
export type RedisScript = { readonly text: string; readonly sha: string }

const makeScript = (text: string): RedisScript => ({
  text,
  sha: createHash('sha1').update(text).digest('hex'),
})

/**
 * KEYS: stream, the name of Redis's life, a marker for each message. ARGV: ms for which a marker is kept, the life
 * that is expected or nothing, then key and body of each message. Marker and entry come to be together, so that a
 * publisher that never heard the answer may ask again.
 */
export const PUBLISH = makeScript(`
if ARGV[2] ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[2] then
  return redis.error_reply('GONE what was published before is lost')
end
local out = {}
for i = 3, #KEYS do
  local id = redis.call('GET', KEYS[i])
  if id then
    out[i - 2] = {id, 0}
  else
    id = redis.call('XADD', KEYS[1], '*', 'key', ARGV[2 * i - 3], 'event', ARGV[2 * i - 2])
    redis.call('SET', KEYS[i], id, 'PX', ARGV[1])
    out[i - 2] = {id, 1}
  end
end
return out`)

/** ARGV: group, consumer, idle ms, limit. Gives id, fields and count of each, which XAUTOCLAIM alone does not. */
export const RECLAIM = makeScript(`
local out, cursor = {}, '0-0'
repeat
  local claimed = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], cursor,
    'COUNT', tonumber(ARGV[4]) - #out)
  cursor = claimed[1]
  for _, entry in ipairs(claimed[2]) do
    -- Redis 6 gives false for what somebody deleted from the stream.
    if entry then
      local held = redis.call('XPENDING', KEYS[1], ARGV[1], entry[1], entry[1], 1)
      out[#out + 1] = {entry[1], entry[2], held[1][4]}
    end
  end
until cursor == '0-0' or #out >= tonumber(ARGV[4])
return out`)

/** ARGV: group, consumer, ids. Only what is still the consumer's own is touched; JUSTID leaves the count alone. */
export const TOUCH = makeScript(`
local kept = {}
for i = 3, #ARGV do
  local held = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
  if #held > 0 then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
    kept[#kept + 1] = ARGV[i]
  end
end
return kept`)

/**
 * ARGV: age in ms or '', length or '', idle ms of a consumer. Removes up to 1,000 entries that are over age or
 * over length and that each group has acked, and then consumers that have nothing and were not seen for long.
 * Gives the number of entries that went.
 */
export const TRIM = makeScript(`
local function parse(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return {tonumber(ms), tonumber(seq)}
end
local function least(a, b)
  if a == nil then return b end
  if a[1] < b[1] or (a[1] == b[1] and a[2] <= b[2]) then return a end
  return b
end
local function field(list, name)
  for i = 1, #list, 2 do if list[i] == name then return list[i + 1] end end
end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local cut
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local name = field(group, 'name')
  if field(group, 'pending') > 0 then
    cut = least(cut, parse(redis.call('XPENDING', KEYS[1], name)[2]))
  end
  local last = parse(field(group, 'last-delivered-id'))
  cut = least(cut, {last[1], last[2] + 1})
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], name)) do
    if field(consumer, 'pending') == 0 and field(consumer, 'idle') > tonumber(ARGV[3]) then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[1], name, field(consumer, 'name'))
    end
  end
end
local old
if ARGV[1] ~= '' then
  local now = redis.call('TIME')
  old = {now[1] * 1000 + math.floor(now[2] / 1000) - tonumber(ARGV[1]), 0}
end
local over = 0
if ARGV[2] ~= '' then over = redis.call('XLEN', KEYS[1]) - tonumber(ARGV[2]) end
local entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1000)
local gone = {}
for i, entry in ipairs(entries) do
  local id = parse(entry[1])
  local is_acked = cut == nil or (least(id, cut) == id and not (id[1] == cut[1] and id[2] == cut[2]))
  local is_due = i <= over or (old ~= nil and id[1] < old[1])
  if not is_acked or not is_due then break end
  gone[i] = entry[1]
end
if #gone == 0 then return 0 end
return redis.call('XDEL', KEYS[1], unpack(gone))`)

/** Runs a script by its digest, and with its text where the server does not know it, as after its restart. */
export const runScript = async (
  connection: RedisConnection,
  script: RedisScript,
  { keys, args }: { readonly keys: readonly string[]; readonly args: readonly string[] },
): Promise<unknown> => {
  const rest = [String(keys.length), ...keys, ...args]
  try {
    return await connection.send(['EVALSHA', script.sha, ...rest])
  } catch (error) {
    if (!hasCode(error, 'INTERNAL') || getReplyCode(error.cause) !== 'NOSCRIPT') throw error
    return connection.send(['EVAL', script.text, ...rest])
  }
}
