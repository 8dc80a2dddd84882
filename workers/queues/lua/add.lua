-- Queues products.
-- KEYS: waiting, since, given_up, tries (described in ../README.md).
-- ARGV: now; seconds for which given-up products are skipped (0 unless reconciliation adds them); then, alternating,
-- product id and time of its event ('' if there is none).
local skip_seconds = tonumber(ARGV[2])
for i = 3, #ARGV, 2 do
  local skip = false
  if skip_seconds > 0 then
    local given_up = redis.call('ZSCORE', KEYS[3], ARGV[i])
    skip = given_up and tonumber(given_up) > tonumber(ARGV[1]) - skip_seconds
    -- A product whose process died is waiting or being tried already; queued again, it would outlive being given up.
    skip = skip or redis.call('HEXISTS', KEYS[4], ARGV[i]) == 1
  end
  if not skip then
    redis.call('ZADD', KEYS[1], 'LT', ARGV[1], ARGV[i])
    if ARGV[i + 1] ~= '' then redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 1]) end
  end
end
