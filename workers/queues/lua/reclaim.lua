-- Takes back a batch whose process died.
-- KEYS: waiting, taken, batches, tries, since, given_up (described in ../README.md).
-- ARGV: batch; now; maximum tries; seconds before the last try; seconds for which given-up products are remembered.
-- Returns the products that have used all their tries.
local ids = redis.call('HGET', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
if not ids then return {} end
local given_up = {}
local readable, list = pcall(cjson.decode, ids)
for _, id in ipairs(readable and type(list) == 'table' and list or {}) do
  local tries = redis.call('HINCRBY', KEYS[4], id, 1)
  if tries >= tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[4], id)
    redis.call('HDEL', KEYS[5], id)
    redis.call('ZADD', KEYS[6], ARGV[2], id)
    given_up[#given_up + 1] = id
  else
    local due = ARGV[2]
    if tries == tonumber(ARGV[3]) - 1 then due = tostring(tonumber(ARGV[2]) + tonumber(ARGV[4])) end
    redis.call('ZADD', KEYS[1], 'LT', due, id)
  end
end
redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', tonumber(ARGV[2]) - tonumber(ARGV[5]))
redis.call('HDEL', KEYS[3], ARGV[1])
return given_up
