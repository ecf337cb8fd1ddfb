-- Writes where devices are reached over one server, and keeps the key from expiring.
-- KEYS[1] locations: hash device id -> signed location record
-- ARGV[1] notAfter: Redis time in ms after which this has no effect
-- ARGV[2] changes: JSON [[device id, record or "" for a device that has gone], ...]
-- ARGV[3] expiryMs: after how long the key goes unless it is written again
-- Returns how many devices stand there now.
for _, change in ipairs(cjson.decode(ARGV[2])) do
  if change[2] == '' then
    redis.call('HDEL', KEYS[1], change[1])
  else
    redis.call('HSET', KEYS[1], change[1], change[2])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return redis.call('HLEN', KEYS[1])
