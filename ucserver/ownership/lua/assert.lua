-- Puts back what an incarnation owns after Redis may have lost it. The higher version (term, server, life) stays.
-- KEYS[1] owners: hash user id -> signed owner record "<mac>.<JSON {term, server, life}>"
-- KEYS[2] tombstones: hash of buried incarnations
-- ARGV[1] notAfter: Redis time in ms after which this has no effect
-- ARGV[2] owner: incarnation that asserts
-- ARGV[3] users: JSON [[user id, its record], ...]
-- Returns "BURIED", or for each user "" (its record stands there now) or the higher record that stands there.
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return 'BURIED' end

local function version(record)
  local dot = string.find(record, '.', 1, true)
  local ok, parsed = pcall(cjson.decode, string.sub(record, (dot or 0) + 1))
  if ok and type(parsed) == 'table' then
    return { tonumber(parsed.term) or 0, tostring(parsed.server), tonumber(parsed.life) or 0 }
  end
  return { -1, '', -1 }
end

local function higher(a, b)
  for at = 1, 3 do
    if a[at] ~= b[at] then return a[at] > b[at] end
  end
  return false
end

local found = {}
for at, user in ipairs(cjson.decode(ARGV[3])) do
  local current = redis.call('HGET', KEYS[1], user[1])
  if current and higher(version(current), version(user[2])) then
    found[at] = current
  else
    redis.call('HSET', KEYS[1], user[1], user[2])
    found[at] = ''
  end
end
return found
