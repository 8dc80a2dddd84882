-- Returns when a request was first seen, later than every request before it even if the clock was set back.
-- KEYS: webhook, latest (described in ../README.md).
-- ARGV: now, in milliseconds; seconds for which the request is remembered.
local first = redis.call('GET', KEYS[1])
if first then return first end
local now, latest = tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[2]) or '')
if latest and now <= latest and latest < 1e15 then now = latest + 1 end
local text = string.format('%.0f', now)
redis.call('SET', KEYS[2], text)
redis.call('SET', KEYS[1], text, 'EX', ARGV[2])
return text
