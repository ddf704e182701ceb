import { createHash } from 'node:crypto'

/** A Lua script as Redis knows it. */
export interface RedisScript {
  readonly source: string
  /** What EVALSHA takes. */
  readonly sha: string
}

/**
 * Every script begins so. The declaration makes Redis refuse it on a replica and on a primary that was demoted,
 * although it may only read, and lets stamps and marks through when memory is full. Then it compares the incarnation
 * of the cache (KEYS[1]) with the one that the caller knows: after a restart, a promotion or a flush it is another.
 */
const PREAMBLE = `#!lua flags=allow-oom
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('INCARNATION of the cache is another') end
`

/**
 * Finds or makes the incarnation of the cache on this server. KEYS: incarnation. ARGV: run_id, a fresh random name.
 * The replication id is part of it because a primary that was demoted and promoted again keeps its run_id, but holds
 * what another server had: its stamps may have gone back. Read again after it was written, so that the tracking table
 * of this connection holds it.
 */
export const INCARNATION = script(`#!lua flags=allow-oom
local replication = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)') or ''
local server = ARGV[1] .. '.' .. replication .. '.'
local known = redis.pcall('GET', KEYS[1])
if type(known) == 'string' and string.sub(known, 1, #server) == server then return known end
redis.call('SET', KEYS[1], server .. ARGV[2])
return redis.call('GET', KEYS[1])`)

/**
 * Reads values and the stamps of their tags. KEYS: incarnation, tags, values. ARGV: incarnation, number of tags,
 * random text, life of a stamp, life of a lease, the reads, then an index and a schema for each table's tag. Each
 * read is a byte with the number of its tags, `l` when it wants the lease, and a byte for each of its tags.
 *
 * Answers the values, a letter for each read (c: current, t: lease taken, h: lease held, n: neither) and the stamps
 * of the reads that are not current. Values are read by GETEX because that is no read to the tracking table, which
 * therefore holds tags only. Where there is no value there are probably no stamps: they are made before they are read,
 * because this connection is told of a change of its own too once it has read a key. A stamp that is made after all is
 * read again, because a key that a connection changes itself leaves its tracking table.
 */
export const READ = script(`${PREAMBLE}
local count = tonumber(ARGV[2])
local schemas
local function schema(index)
  if not schemas then
    schemas = {}
    for at = 7, #ARGV, 2 do schemas[tonumber(ARGV[at])] = ARGV[at + 1] .. '.' end
  end
  return schemas[index] or ''
end
-- Makes a stamp where there is none. Asked for each tag once at most.
local asked = {}
local function mint(index, ...)
  asked[index] = true
  return redis.call('SET', KEYS[index + 1], schema(index) .. ARGV[3] .. index, 'PX', ARGV[4], ...)
end
local reads, at, values = ARGV[6], 1, {}
for read = 1, #KEYS - count - 1 do
  local size = string.byte(reads, at)
  local value = redis.pcall('GETEX', KEYS[count + 1 + read])
  if type(value) ~= 'string' then
    value = false
    for place = at + 2, at + 1 + size do
      local index = string.byte(reads, place)
      if not asked[index] then mint(index, 'NX') end
    end
  end
  values[read] = value
  at = at + size + 2
end
local tags = {}
if count > 0 then tags = redis.call('MGET', unpack(KEYS, 2, count + 1)) end
for index = 1, count do
  if not tags[index] then
    local key = KEYS[index + 1]
    local minted = not asked[index] and mint(index, 'NX')
    if not minted and redis.call('TYPE', key).ok ~= 'set' then minted = mint(index) end
    if minted then tags[index] = redis.call('GET', key) end
  end
end
local states, stamps, sets = {}, {}, {}
at = 1
-- The stamps of a set of tags, and in one text unless one of them is marked; most reads of a batch share a set.
local function stampsOf(places)
  local set = sets[places]
  if set then return set end
  local current, marked = {}, false
  for tag = 1, #places do
    local stamp = tags[string.byte(places, tag)]
    if not stamp then marked = true end
    current[tag] = stamp
  end
  set = {current = current, vector = not marked and table.concat(current, '\\n') .. '\\0'}
  sets[places] = set
  return set
end
for read = 1, #KEYS - count - 1 do
  local key = KEYS[count + 1 + read]
  local size = string.byte(reads, at)
  local lease = string.byte(reads, at + 1) == 108
  local set = stampsOf(string.sub(reads, at + 2, at + 1 + size))
  local vector = set.vector
  local value = values[read]
  if value and vector and string.sub(value, 1, #vector) == vector then
    states[read] = 'c'
  else
    for tag = 1, size do stamps[#stamps + 1] = set.current[tag] or false end
    states[read] = 'n'
    if lease and vector then
      local holder = key .. '!'
      if redis.pcall('GETEX', holder) == vector then
        states[read] = 'h'
      else
        redis.call('SET', holder, vector, 'PX', ARGV[5])
        states[read] = 't'
      end
    end
  end
  at = at + size + 2
end
return {values, table.concat(states), stamps}`)

/**
 * Replaces or makes the stamp of each table's tag where it must not look like the work of this schema alone. KEYS from
 * `first` on; ARGV from `first` + 1 on: their schemas. ARGV[3]: random text, ARGV[4]: life of such a stamp.
 */
const TABLES = `
local function tables(first)
  for index = first, #KEYS do
    local key, schema = KEYS[index], ARGV[index - first + 5] .. '.'
    local stamp = redis.pcall('GET', key)
    if not stamp then
      redis.call('SET', key, schema .. ARGV[3] .. index, 'PX', ARGV[4])
    elseif type(stamp) == 'string' and string.sub(stamp, 1, #schema) ~= schema then
      redis.call('SET', key, 'mixed.' .. ARGV[3] .. index, 'PX', ARGV[4])
    end
  end
end
`

/**
 * Destroys stamps and adds a mark. KEYS: incarnation, tags, tables' tags. ARGV: incarnation, number of tags, random
 * text, life of a table's stamp, schemas of the tables, the mark.
 */
export const MARK = script(`${PREAMBLE}${TABLES}
local count = tonumber(ARGV[2])
for index = 2, count + 1 do
  if redis.call('TYPE', KEYS[index]).ok ~= 'set' then redis.call('DEL', KEYS[index]) end
  redis.call('SADD', KEYS[index], ARGV[#ARGV])
end
tables(count + 2)
return redis.status_reply('OK')`)

/** Removes a mark; a key without marks is destroyed, so that the next reader mints. Takes what MARK takes. */
export const RELEASE = script(`${PREAMBLE}${TABLES}
local count = tonumber(ARGV[2])
for index = 2, count + 1 do
  if redis.call('TYPE', KEYS[index]).ok == 'set' then
    redis.call('SREM', KEYS[index], ARGV[#ARGV])
  else
    redis.call('DEL', KEYS[index])
  end
end
tables(count + 2)
return redis.status_reply('OK')`)

/** Destroys stamps; marks stay. KEYS: incarnation, tags. ARGV: incarnation. */
export const TOUCH = script(`${PREAMBLE}
for index = 2, #KEYS do
  if redis.call('TYPE', KEYS[index]).ok ~= 'set' then redis.call('DEL', KEYS[index]) end
end
return redis.status_reply('OK')`)

/** Up to 100 marks of each tag. KEYS: incarnation, tags. ARGV: incarnation. */
export const ORPHANS = script(`${PREAMBLE}
local marks = {}
for index = 2, #KEYS do
  marks[index - 1] = {}
  if redis.call('TYPE', KEYS[index]).ok == 'set' then
    marks[index - 1] = redis.call('SRANDMEMBER', KEYS[index], 100)
  end
end
return marks`)

/** All of them, for SCRIPT LOAD. */
export const SCRIPTS: readonly RedisScript[] = [INCARNATION, READ, MARK, RELEASE, TOUCH, ORPHANS]

function script(source: string): RedisScript {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}
