-- Removes owner records, each only if it is still the one the caller names.
-- KEYS[1] owners: hash user id -> signed owner record
-- ARGV[1] notAfter: Redis time in ms after which this has no effect
-- ARGV[2] users: JSON [[user id, record], ...]
-- Returns how many were removed.
local removed = 0
for _, user in ipairs(cjson.decode(ARGV[2])) do
  if redis.call('HGET', KEYS[1], user[1]) == user[2] then
    removed = removed + redis.call('HDEL', KEYS[1], user[1])
  end
end
return removed
