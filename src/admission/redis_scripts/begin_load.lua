#!lua flags=allow-oom
-- Takes the loader's lock and closes admission: from here on nothing is admitted and nothing acknowledged, so that the
-- stream stands still.
-- Where Redis is out of memory as well: what cannot be loaded can neither be drained nor paused.
-- KEYS loader, policy, loading users, users, accepted
-- ARGV token, lock ms, run id of this Redis, "1" = also when it is loaded
-- Answer "loaded": nothing to do; "busy": another loader has the lock; "begun".
if ARGV[4] ~= '1' and ARGV[3] ~= '' and redis.call('HGET', KEYS[2], 'run') == ARGV[3] then return 'loaded' end
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 'busy' end
redis.call('HSET', KEYS[2], 'run', '')
redis.call('UNLINK', KEYS[3], KEYS[4])
-- The consumers' group, from the first entry on; it exists (BUSYGROUP) in the ordinary course.
local group = redis.pcall('XGROUP', 'CREATE', KEYS[5], 'ledger', '0', 'MKSTREAM')
if group.err and not string.find(group.err, 'BUSYGROUP', 1, true) then return group end
return 'begun'
