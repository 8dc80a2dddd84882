-- Takes the products that are due, under a lease. A suspect (a product whose process died) is taken alone, so that no
-- other product is lost with it.
-- KEYS: waiting, taken, batches, tries (described in ../README.md).
-- ARGV: batch; now; when the lease ends; maximum number of products; 1 if a suspect may be taken.
-- Returns product ids.
local ids = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'LIMIT', 0, ARGV[4])) do
  local suspect = redis.call('HEXISTS', KEYS[4], id) == 1
  if suspect and #ids == 0 and ARGV[5] == '1' then
    ids[1] = id
    break
  elseif not suspect then
    ids[#ids + 1] = id
  end
end
if #ids > 0 then
  redis.call('HSET', KEYS[3], ARGV[1], cjson.encode(ids))
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
  for _, id in ipairs(ids) do redis.call('ZREM', KEYS[1], id) end
end
return ids
