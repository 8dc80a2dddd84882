-- KEYS: waiting, since. ARGV: now, then product id and time of its event ('' where there is none), in turn.
for i = 2, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], 'LT', ARGV[1], ARGV[i])
  if ARGV[i + 1] ~= '' then redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 1]) end
end
