-- Takes or renews the drainer's lease.
-- KEYS[1] drainer: incarnation that drains
-- ARGV[1] notAfter: Redis time in ms after which this has no effect
-- ARGV[2] holder: incarnation that asks
-- ARGV[3] lifeMs: how long the lease holds
-- Returns 1 when it is the holder's, else 0.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
