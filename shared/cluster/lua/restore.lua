-- Adds again what a server remembers, after Redis may have lost it.
-- KEYS[1] lives: hash server id → number of its last life
-- KEYS[2] tombstones: hash incarnation → "<until> <1 when cleared up, else 0> <signed tombstone>"
-- ARGV[1] notAfter: ms of this Redis after which nothing happens
-- ARGV[2] lives: JSON object server id → life, as text
-- ARGV[3] tombstones: JSON object incarnation → signed tombstone
-- ARGV[4] stayMs: how long a tombstone stays
for server, life in pairs(cjson.decode(ARGV[2])) do
  local stored = tonumber(redis.call('HGET', KEYS[1], server) or '0')
  if tonumber(life) > stored then redis.call('HSET', KEYS[1], server, life) end
end
local to = string.format('%.0f', now + tonumber(ARGV[4]))
for incarnation, tombstone in pairs(cjson.decode(ARGV[3])) do
  redis.call('HSETNX', KEYS[2], incarnation, to .. ' 0 ' .. tombstone)
end
return 1
