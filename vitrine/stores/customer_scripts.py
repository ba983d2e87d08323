"""Scripts of Redis for customers: each is one atomic step.

Times are milliseconds from now on, 0 for a purpose that is not agreed to. `known:PSEUDONYM` has
what visits and offers remember: the phone, `:visits` (of the last days), `:offers` (granted once a
campaign), `:count` (of visits).
"""

from __future__ import annotations

from typing import Final

# What is kept for a purpose alone ends with the consent to it. Returns how many visits there were.
_LIMIT: Final = """
local function limit(pseudonym, offers_ms, profile_ms)
  local known = 'known:' .. pseudonym
  local visits = redis.call('SMEMBERS', known .. ':visits')
  for _, visit in ipairs(visits) do
    if offers_ms > 0 then
      redis.call('PEXPIRE', 'visit:' .. visit, offers_ms, 'LT')
    else
      redis.call('DEL', 'visit:' .. visit)
    end
  end
  if offers_ms > 0 then
    redis.call('PEXPIRE', known, offers_ms)
    redis.call('PEXPIRE', known .. ':offers', offers_ms, 'LT')
  else
    redis.call('DEL', known, known .. ':offers')
  end
  if profile_ms > 0 then
    redis.call('PEXPIRE', known .. ':count', profile_ms)
  else
    redis.call('DEL', known .. ':count')
  end
  if offers_ms == 0 and profile_ms == 0 then redis.call('DEL', known .. ':visits') end
  return #visits
end
"""

PUT: Final = (
    _LIMIT
    + """
local key = 'customer:' .. ARGV[1]
if redis.call('HGET', key, 'version') ~= ARGV[2] then return 0 end
redis.call('HSET', key, 'version', ARGV[3], 'record', ARGV[4])
redis.call('PEXPIRE', key, ARGV[5])
redis.call('PEXPIRE', key .. ':templates', ARGV[5])
limit(ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]))
redis.call('XADD', ARGV[9], 'MAXLEN', '~', ARGV[10], '*', 'kind', 'changed', 'customer', ARGV[1])
redis.call('SET', ARGV[11], '1')
return 1
"""
)
"""ARGV 1 customer, 2 version as it was read, 3 the next, 4 record, 5 time for which they may be
recognised, 6 pseudonym, 7 time for offers, 8 for a profile, 9 change stream, 10 entries to keep,
11 mark that the log is to be rewritten."""

ERASE: Final = (
    _LIMIT
    + """
if redis.call('SREM', 'customers', ARGV[1]) == 0 then return false end
local key = 'customer:' .. ARGV[1]
local templates = redis.call('LLEN', key .. ':templates')
local code = redis.call('HGET', key, 'recovery')
if code then redis.call('DEL', 'customers:recovery:' .. code) end
redis.call('DEL', key, key .. ':templates')
local visits = 0
if ARGV[2] ~= '' then visits = limit(ARGV[2], 0, 0) end
redis.call('XADD', ARGV[3], 'MAXLEN', '~', ARGV[4], '*', 'kind', 'erased', 'customer', ARGV[1])
redis.call('SET', ARGV[5], '1')
return {templates, visits}
"""
)
"""ARGV 1 customer, 2 pseudonym where it is known, 3 change stream, 4 entries to keep, 5 mark that
the log is to be rewritten. Returns how many templates and visits there were, nil for nobody."""

FORGET: Final = _LIMIT + "return limit(ARGV[1], 0, 0)"
"""ARGV 1 pseudonym."""

LINK: Final = """
local key = 'customer:' .. ARGV[1]
if redis.call('HGET', key, 'version') ~= ARGV[2] then return 0 end
local offers_ms = tonumber(ARGV[5])
local profile_ms = tonumber(ARGV[6])
local most_ms = tonumber(ARGV[7])
local known = 'known:' .. ARGV[4]
local is_new = redis.call('SADD', known .. ':visits', ARGV[3]) == 1
redis.call('PEXPIRE', known .. ':visits', most_ms)
if offers_ms > 0 then
  redis.call('SET', 'visit:' .. ARGV[3], ARGV[4], 'PX', math.min(offers_ms, most_ms))
  redis.call('HSET', known, 'version', ARGV[2])
  redis.call('PEXPIRE', known, offers_ms)
end
if profile_ms > 0 and is_new then
  redis.call('INCR', known .. ':count')
  redis.call('PEXPIRE', known .. ':count', profile_ms)
end
return 1
"""
"""ARGV 1 customer, 2 version as it was read, 3 visit, 4 pseudonym, 5 time for offers, 6 for a
profile, 7 longest time. Returns 0 where the customer was changed meanwhile, or is none."""
