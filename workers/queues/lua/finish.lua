-- Ends a batch, and queues again the products that could not be embedded now.
-- KEYS: waiting, taken, batches, tries, since (described in ../README.md).
-- ARGV: batch; time at which the requeued products are due; their ids.
-- Returns the finished products: alternating, product id and time of its event.
local ids = redis.call('HGET', KEYS[3], ARGV[1])
if not ids then return {} end
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], 'LT', ARGV[2], ARGV[i]) end
local done = {}
local readable, list = pcall(cjson.decode, ids)
for _, id in ipairs(readable and type(list) == 'table' and list or {}) do
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
