-- Makes an incarnation the owner of users, of each only if the record it saw is still the one that stands there.
-- KEYS[1] owners: hash user id -> signed owner record
-- KEYS[2] tombstones: hash of buried incarnations
-- ARGV[1] notAfter: Redis time in ms after which this has no effect
-- ARGV[2] taker: incarnation that takes
-- ARGV[3] users: JSON [[user id, record seen or "", new record], ...]
-- Returns "BURIED", or for each user "TAKEN" or the record that stands there ("" = none).
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return 'BURIED' end
local found = {}
for at, user in ipairs(cjson.decode(ARGV[3])) do
  local current = redis.call('HGET', KEYS[1], user[1]) or ''
  if current == user[2] then
    redis.call('HSET', KEYS[1], user[1], user[3])
    found[at] = 'TAKEN'
  else
    found[at] = current
  end
end
return found
