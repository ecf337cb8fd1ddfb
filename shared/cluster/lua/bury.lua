-- Makes a death final and gives one server the right to clear up; the same call renews that right.
-- KEYS[1] tombstones: hash incarnation → "<until> <1 when cleared up, else 0> <signed tombstone>"
-- KEYS[2] reaper: string, the incarnation that clears up
-- ARGV[1] notAfter: ms of this Redis after which nothing happens
-- ARGV[2] incarnation: who is dead
-- ARGV[3] tombstone: signed
-- ARGV[4] stayMs: how long a tombstone stays
-- ARGV[5] by: who wants to clear up
-- ARGV[6] holdMs: for how long without renewal
local graves = redis.call('HGETALL', KEYS[1])
for i = 1, #graves, 2 do
  if tonumber(string.match(graves[i + 1], '^%d+') or '0') < now then redis.call('HDEL', KEYS[1], graves[i]) end
end
local to = string.format('%.0f', now + tonumber(ARGV[4]))
redis.call('HSETNX', KEYS[1], ARGV[2], to .. ' 0 ' .. ARGV[3])
if string.find(redis.call('HGET', KEYS[1], ARGV[2]), '^%d+ 1 ') then return 'DONE' end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[5] then return 'OTHER' end
redis.call('SET', KEYS[2], ARGV[5], 'PX', ARGV[6])
return 'YOURS'
