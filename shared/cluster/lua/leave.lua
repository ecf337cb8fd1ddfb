-- A server that stops says so itself; another one clears up after it.
-- KEYS[1] members: hash incarnation → signed member record
-- KEYS[2] tombstones: hash incarnation → "<until> <1 when cleared up, else 0> <signed tombstone>"
-- ARGV[1] notAfter: ms of this Redis after which nothing happens
-- ARGV[2] incarnation: who leaves
-- ARGV[3] tombstone: signed
-- ARGV[4] stayMs: how long a tombstone stays
redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('HSETNX', KEYS[2], ARGV[2], string.format('%.0f', now + tonumber(ARGV[4])) .. ' 0 ' .. ARGV[3])
return 1
