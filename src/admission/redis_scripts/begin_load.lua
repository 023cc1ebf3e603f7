#!lua flags=allow-oom
-- Takes the loader's lock and closes admission: from here on nothing is admitted and nothing acknowledged, so that the
-- stream stands still.
-- Where Redis is out of memory as well: what cannot be loaded can neither be drained nor paused.
-- KEYS loader, policy, loading users, users, accepted
-- ARGV token, lock ms, run id of this Redis, "1" = also when it is loaded, epoch that the ledger has
-- Answer "loaded": nothing to do; "busy": another loader has the lock; "begun".
--
-- A Redis that was away and comes back has the run id that it had. What it holds is loaded only as long as no other was
-- loaded in its place: the ledger counts the epochs of all.
local policy = redis.call('HMGET', KEYS[2], 'run', 'epoch')
local loaded = ARGV[3] ~= '' and policy[1] == ARGV[3] and (tonumber(policy[2]) or 0) >= tonumber(ARGV[5])
if loaded and ARGV[4] ~= '1' then return 'loaded' end
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 'busy' end
redis.call('HSET', KEYS[2], 'run', '')
redis.call('UNLINK', KEYS[3], KEYS[4])
-- The consumers' group, from the first entry on; it exists (BUSYGROUP) in the ordinary course.
local group = redis.pcall('XGROUP', 'CREATE', KEYS[5], 'ledger', '0', 'MKSTREAM')
if group.err and not string.find(group.err, 'BUSYGROUP', 1, true) then return group end
return 'begun'
