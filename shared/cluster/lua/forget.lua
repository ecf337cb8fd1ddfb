-- Ends the clearing up after a dead incarnation, if the caller still has the right to it.
-- KEYS[1] members: hash incarnation → signed member record
-- KEYS[2] reaper: string, the incarnation that clears up
-- ARGV[1] notAfter: ms of this Redis after which nothing happens
-- ARGV[2] incarnation: who is dead
-- ARGV[3] by: who has cleared up
if redis.call('GET', KEYS[2]) ~= ARGV[3] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[2])
return 1
