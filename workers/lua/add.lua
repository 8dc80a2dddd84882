-- KEYS: waiting, since, given_up. ARGV: now, seconds for which what was given up is left out (0: it isn't), then product
-- id and time of its event ('' where there is none), in turn.
local spared_since = tonumber(ARGV[1]) - tonumber(ARGV[2])
for i = 3, #ARGV, 2 do
  local given_up = redis.call('ZSCORE', KEYS[3], ARGV[i])
  if not given_up or tonumber(given_up) <= spared_since or tonumber(ARGV[2]) == 0 then
    redis.call('ZADD', KEYS[1], 'LT', ARGV[1], ARGV[i])
    if ARGV[i + 1] ~= '' then redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 1]) end
  end
end
