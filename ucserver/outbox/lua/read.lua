-- Reads pending items in order.
-- KEYS[1] items: hash name -> "<place, 16 digits> <signed record>"
-- KEYS[2] order: sorted set, all scores 0, of "<line> <place, 16 digits> <id>"
-- ARGV[1] from: where to begin, as ZRANGEBYLEX takes it
-- ARGV[2] to: where to end
-- ARGV[3] limit: how many at most
-- Returns [member of order, what stands under its name or ""], ... as one flat list.
local found = {}
for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])) do
  local line, id = string.match(member, '^(%S+) %d+ (%S+)$')
  found[#found + 1] = member
  found[#found + 1] = line and redis.call('HGET', KEYS[1], line .. '/' .. id) or ''
end
return found
