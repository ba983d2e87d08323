"""Scripts of Redis for offers: each is one atomic step.

All begin with the keys and arguments of a grant, so that they share its rules:

KEYS 1 grants, 2 holders, 3 pool, 4 pending, 5 epoch, 6 number of grants; of a claim also
7 invitation, 8 what the phone holds. ARGV 1 grant id, 2 holder, 3 budget, 4 the interaction,
5 record of the code, 6 seconds to keep, 7 prefix of codes, 8 epoch, 9 least number of grants,
10 visit of a customer who may be granted the offer once, 11 name of the offer, 12 second until
which that holds, 13 seconds to it, 14 phone, 15 seconds for which the phone holds it, 16… codes
made here, for no pool. `known:PSEUDONYM:offers` has what a customer was granted, with the second
until which it counts.
"""

from __future__ import annotations

from typing import Final

_RULES: Final = """
local function emptied()
  local granted = tonumber(redis.call('GET', KEYS[6]) or '0')
  return redis.call('GET', KEYS[5]) ~= ARGV[8] or granted < tonumber(ARGV[9])
end

-- Nil where an offer is not once a customer, and for one whose consent ended meanwhile.
local function customer()
  if ARGV[10] == '' then return nil end
  local found = redis.call('GET', 'visit:' .. ARGV[10])
  if not found then return nil end
  return 'known:' .. found
end

local function refusal()
  if emptied() then return 'emptied' end
  local known = customer()
  if known and redis.call('ZSCORE', known .. ':offers', ARGV[11]) then return 'already' end
  if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'already' end
  if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return 'already' end
  if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 'exhausted' end
  return nil
end

-- As `canonical` does it, so that a till finds the code however it is typed.
local function is_free(code)
  local typed = string.gsub(string.upper(code), '[%c%s%-]', '')
  return redis.call('EXISTS', ARGV[7] .. typed, ARGV[7] .. code) == 0, ARGV[7] .. typed
end

local function take_code()
  for number = 16, #ARGV do
    local free, key = is_free(ARGV[number])
    if free then return ARGV[number], key end
  end
  if #ARGV >= 16 then return nil, nil end
  while true do
    local code = redis.call('LPOP', KEYS[3])
    if not code then return nil, nil end
    local free, key = is_free(code)
    if free then return code, key end
  end
end

-- Kept until the last of these offers is over, and no longer than the consent to them.
local function remember_customer()
  local known = customer()
  if not known then return end
  local key = known .. ':offers'
  local left = math.max(redis.call('TTL', key), tonumber(ARGV[13]))
  local record = redis.call('TTL', known)
  if record >= 0 then left = math.min(left, record) end
  redis.call('ZADD', key, ARGV[12], ARGV[11])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', tonumber(ARGV[12]) - tonumber(ARGV[13]))
  redis.call('EXPIRE', key, left)
end

local function grant()
  local code = redis.call('HGET', KEYS[1], ARGV[1])
  local waiting = redis.call('HGET', KEYS[4], ARGV[1])
  if code and waiting and not emptied() then
    return {'granted', code, waiting, redis.call('GET', KEYS[6]) or '0'}
  end
  local refused = refusal()
  if refused then return {refused, '', '', '0'} end
  local key
  code, key = take_code()
  if not code then return {'no-codes', '', '', '0'} end
  redis.call('HSET', KEYS[1], ARGV[1], code)
  redis.call('EXPIRE', KEYS[1], ARGV[6])
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[1])
  redis.call('EXPIRE', KEYS[2], ARGV[6])
  redis.call('SET', key, ARGV[5], 'EX', ARGV[6])
  remember_customer()
  redis.call('HSET', KEYS[4], ARGV[1], ARGV[4])
  return {'granted', code, ARGV[4], tostring(redis.call('INCR', KEYS[6]))}
end
"""

GRANT: Final = _RULES + "return grant()"

INVITE: Final = (
    _RULES
    + """
local refused = refusal()
if refused then return refused end
if #ARGV < 16 and redis.call('LLEN', KEYS[3]) == 0 then return 'no-codes' end
redis.call('HSET', KEYS[7], 'record', ARGV[14])
redis.call('EXPIRE', KEYS[7], ARGV[15])
return 'invited'
"""
)
"""ARGV 14 is the record of the invitation, 15 the seconds for which it lives."""

CLAIM: Final = (
    _RULES
    + """
local holder = redis.call('HGET', KEYS[7], 'holder')
if holder == ARGV[14] then return {'yours', redis.call('HGET', KEYS[7], 'code'), '', '0'} end
if holder or redis.call('EXISTS', KEYS[7]) == 0 then return {'gone', '', '', '0'} end
local held = redis.call('GET', KEYS[8])
if held then return {'yours', held, '', '0'} end
local answer = grant()
if answer[1] == 'granted' then
  redis.call('HSET', KEYS[7], 'holder', ARGV[14], 'code', answer[2])
  redis.call('EXPIRE', KEYS[7], ARGV[6])
  redis.call('SET', KEYS[8], answer[2], 'EX', ARGV[15])
end
return answer
"""
)

LOAD: Final = """
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return {-1, 0} end
local listed = {}
for number = 2, #ARGV do
  local code = ARGV[number]
  listed[code] = true
  if redis.call('SADD', KEYS[1], code) == 1 then redis.call('RPUSH', KEYS[2], code) end
end
local kept = {}
local withdrawn = 0
for _, code in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if listed[code] then
    table.insert(kept, code)
  else
    redis.call('SREM', KEYS[1], code)
    withdrawn = withdrawn + 1
  end
end
if withdrawn > 0 then
  redis.call('DEL', KEYS[2])
  for _, code in ipairs(kept) do redis.call('RPUSH', KEYS[2], code) end
end
return {redis.call('LLEN', KEYS[2]), withdrawn}
"""
"""KEYS 1 codes ever loaded, 2 pool, 3 epoch. ARGV 1 epoch, 2… the codes of the file."""

REDEEM: Final = """
if redis.call('LLEN', KEYS[3]) ~= tonumber(ARGV[5]) then return 'again' end
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[4]) then
  return redis.call('GET', KEYS[1])
end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[4], ARGV[6], ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', ARGV[7])
redis.call('EXPIRE', KEYS[4], ARGV[4])
return false
"""
"""KEYS 1 use of the code, 2 pending, 3 uses taken back, 4 journal. ARGV 1 record, 2 interaction id,
3 the interaction, 4 seconds to keep, 5 uses taken back as known, 6 second, 7 oldest second."""

CANCEL: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[3], ARGV[3])
redis.call('EXPIRE', KEYS[3], ARGV[4])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[4], ARGV[5], ARGV[3])
return 1
"""
"""KEYS as of REDEEM. ARGV 1 record of the use, 2 interaction id, 3 the interaction, 4 seconds to
keep, 5 second."""
