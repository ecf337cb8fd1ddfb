-- Removes items that SQL was seen to hold, and lines of which none is left.
-- KEYS[1] items: hash name -> "<place, 16 digits> <signed record>"
-- KEYS[2] order: sorted set, all scores 0, of "<line> <place, 16 digits> <id>"
-- KEYS[3] lines: sorted set line -> number of the last addition to it
-- ARGV[1] notAfter: Redis time in ms after which this has no effect
-- ARGV[2] items: JSON [[line, id], ...]
-- Returns how many were there.
local removed = 0
local lines = {}
for _, item in ipairs(cjson.decode(ARGV[2])) do
  local name = item[1] .. '/' .. item[2]
  local present = redis.call('HGET', KEYS[1], name)
  if present then
    redis.call('HDEL', KEYS[1], name)
    redis.call('ZREM', KEYS[2], item[1] .. ' ' .. string.sub(present, 1, 16) .. ' ' .. item[2])
    removed = removed + 1
    lines[item[1]] = true
  end
end
for line in pairs(lines) do
  -- "!" is the character after the blank, and no id holds either.
  if redis.call('ZLEXCOUNT', KEYS[2], '[' .. line .. ' ', '(' .. line .. '!') == 0 then
    redis.call('ZREM', KEYS[3], line)
  end
end
return removed
