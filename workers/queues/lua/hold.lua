-- Renews a worker's hold on entries of the stream, except on those that another worker has reclaimed.
-- KEYS: events (described in ../README.md).
-- ARGV: consumer group; worker; the entries' ids.
for i = 3, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
  if #pending == 1 then redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID') end
end
