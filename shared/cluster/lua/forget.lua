-- Ends the clearing up after a dead incarnation, if the caller still has the right to it.
-- KEYS[1] members: hash incarnation → signed member record
-- KEYS[2] tombstones: hash incarnation → "<until> <1 when cleared up, else 0> <signed tombstone>"
-- KEYS[3] reaper: string, the incarnation that clears up
-- ARGV[1] notAfter: ms of this Redis after which nothing happens
-- ARGV[2] incarnation: who is dead
-- ARGV[3] by: who has cleared up
if redis.call('GET', KEYS[3]) ~= ARGV[3] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[2])
local grave = redis.call('HGET', KEYS[2], ARGV[2])
if grave then redis.call('HSET', KEYS[2], ARGV[2], (string.gsub(grave, '^(%d+) 0 ', '%1 1 '))) end
redis.call('DEL', KEYS[3])
return 1
