-- Removes items that SQL was seen to hold.
-- KEYS[1] items: hash name -> "<place, 16 digits> <signed record>"
-- KEYS[2] order: sorted set, all scores 0, of "<line> <place, 16 digits> <id>"
-- KEYS[3] added: sorted set name -> number of its addition
-- ARGV[1] notAfter: Redis time in ms after which this has no effect
-- ARGV[2] items: JSON [[line, id], ...]
-- Returns how many were there.
local removed = 0
for _, item in ipairs(cjson.decode(ARGV[2])) do
  local name = item[1] .. '/' .. item[2]
  local present = redis.call('HGET', KEYS[1], name)
  if present then
    redis.call('HDEL', KEYS[1], name)
    redis.call('ZREM', KEYS[2], item[1] .. ' ' .. string.sub(present, 1, 16) .. ' ' .. item[2])
    redis.call('ZREM', KEYS[3], name)
    removed = removed + 1
  end
end
return removed
