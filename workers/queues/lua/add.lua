-- KEYS: waiting, since, given_up, tries. ARGV: now, 0 or (of products that a search found) the seconds for which what was
-- given up is left out, then product id and time of its event ('' where there is none), in turn.
local spared = tonumber(ARGV[2])
for i = 3, #ARGV, 2 do
  local left_out = false
  if spared > 0 then
    local given_up = redis.call('ZSCORE', KEYS[3], ARGV[i])
    left_out = given_up and tonumber(given_up) > tonumber(ARGV[1]) - spared
    -- One whose process died waits already, or is in hand: there it may be given up, and must not wait then.
    left_out = left_out or redis.call('HEXISTS', KEYS[4], ARGV[i]) == 1
  end
  if not left_out then
    redis.call('ZADD', KEYS[1], 'LT', ARGV[1], ARGV[i])
    if ARGV[i + 1] ~= '' then redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 1]) end
  end
end
