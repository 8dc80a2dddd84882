-- KEYS: waiting, taken, batches, tries, since. ARGV: batch, when those that are to be tried again are due, their ids.
-- Gives product id and time of its event, in turn, of those that are done.
local held = redis.call('HGET', KEYS[3], ARGV[1])
if not held then return {} end
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], 'LT', ARGV[2], ARGV[i]) end
local done = {}
for _, id in ipairs(cjson.decode(held)) do
  redis.call('HDEL', KEYS[4], id)
  if not redis.call('ZSCORE', KEYS[1], id) then
    local since = redis.call('HGET', KEYS[5], id)
    if since then
      redis.call('HDEL', KEYS[5], id)
      done[#done + 1] = id
      done[#done + 1] = since
    end
  end
end
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return done
