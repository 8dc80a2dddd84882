-- Queues products.
-- KEYS: waiting, since, given_up, tries (described in ../README.md).
-- ARGV: now; the seconds for which what was given up is skipped (0 unless a search found the products); then product id
-- and time of its event ('' where there is none), in turn.
local skipped = tonumber(ARGV[2])
for i = 3, #ARGV, 2 do
  local left_out = false
  if skipped > 0 then
    local given_up = redis.call('ZSCORE', KEYS[3], ARGV[i])
    left_out = given_up and tonumber(given_up) > tonumber(ARGV[1]) - skipped
    -- One whose process died waits or is being tried already, and may be given up there: it must not wait then.
    left_out = left_out or redis.call('HEXISTS', KEYS[4], ARGV[i]) == 1
  end
  if not left_out then
    redis.call('ZADD', KEYS[1], 'LT', ARGV[1], ARGV[i])
    if ARGV[i + 1] ~= '' then redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 1]) end
  end
end
