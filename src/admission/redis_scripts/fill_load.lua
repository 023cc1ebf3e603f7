#!lua flags=allow-oom
-- Adds users to what is being loaded, and renews the lock.
-- Where Redis is out of memory as well (see begin_load): these users were there before.
-- KEYS loader, loading users
-- ARGV token, lock ms, user, entry, user, entry, ...
-- Answer: how many users were not there before; -1: the lock is another's or has expired, and nothing was done.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if #ARGV == 2 then return 0 end
return redis.call('HSET', KEYS[2], unpack(ARGV, 3))
