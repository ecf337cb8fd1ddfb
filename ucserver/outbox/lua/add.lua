-- Adds pending items, each unless one of its name is there already.
-- KEYS[1] items: hash name -> "<place, 16 digits> <signed record>"
-- KEYS[2] order: sorted set, all scores 0, of "<line> <place, 16 digits> <id>"
-- KEYS[3] added: sorted set name -> number of its addition
-- KEYS[4] additions: how many there were ever
-- ARGV[1] notAfter: Redis time in ms after which this has no effect
-- ARGV[2] items: JSON [[line, id, place of 16 digits, record], ...]
-- Returns for each item "" (added) or what stands there under its name.
local found = {}
for at, item in ipairs(cjson.decode(ARGV[2])) do
  local line, id, place = item[1], item[2], item[3]
  local name = line .. '/' .. id
  local present = redis.call('HGET', KEYS[1], name)
  if present then
    found[at] = present
  else
    redis.call('HSET', KEYS[1], name, place .. ' ' .. item[4])
    redis.call('ZADD', KEYS[2], 0, line .. ' ' .. place .. ' ' .. id)
    redis.call('ZADD', KEYS[3], redis.call('INCR', KEYS[4]), name)
    found[at] = ''
  end
end
return found
