-- Draws the number of a server's next life: higher than any before, also when this Redis is empty or its clock went back.
-- KEYS[1] lives: hash server id → number of its last life
-- ARGV[1] notAfter: ms of this Redis after which nothing happens
-- ARGV[2] serverId: whose life begins
-- ARGV[3] atLeast: higher than what the server's own folder and the other servers have seen
local stored = tonumber(redis.call('HGET', KEYS[1], ARGV[2]) or '0')
local life = string.format('%.0f', math.max(stored + 1, now, tonumber(ARGV[3])))
redis.call('HSET', KEYS[1], ARGV[2], life)
return life
