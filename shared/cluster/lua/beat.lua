-- Stores a heartbeat and tells it to all, unless its incarnation is dead or the server lives under a newer one. Answers NEW when
-- none of this incarnation stood there.
-- KEYS[1] members: hash incarnation → signed member record
-- KEYS[2] lives: hash server id → number of its last life
-- KEYS[3] tombstones: hash incarnation → "<until> <1 when cleared up, else 0> <signed tombstone>"
-- ARGV[1] notAfter: ms of this Redis after which nothing happens
-- ARGV[2] serverId: whose heartbeat it is
-- ARGV[3] life: in which life
-- ARGV[4] record: signed member record
-- ARGV[5] channel: where it is told
local incarnation = ARGV[2] .. ':' .. ARGV[3]
local grave = redis.call('HGET', KEYS[3], incarnation)
if grave then return {'BURIED', grave} end
local stored = redis.call('HGET', KEYS[2], ARGV[2]) or '0'
if tonumber(stored) > tonumber(ARGV[3]) then return {'SUPERSEDED', ''} end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
local isNew = redis.call('HSET', KEYS[1], incarnation, ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[4])
return {isNew == 1 and 'NEW' or 'OK', ''}
