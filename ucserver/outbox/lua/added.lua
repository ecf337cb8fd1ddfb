-- Reads items by the number of their addition.
-- KEYS[1] items: hash name -> "<place, 16 digits> <signed record>"
-- KEYS[2] added: sorted set name -> number of its addition
-- ARGV[1] after: the last number that is known
-- ARGV[2] limit: how many at most
-- Returns [number, name, what stands under it], ... as one flat list.
local found = {}
local names = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for at = 1, #names, 2 do
  found[#found + 1] = names[at + 1]
  found[#found + 1] = names[at]
  found[#found + 1] = redis.call('HGET', KEYS[1], names[at]) or ''
end
return found
