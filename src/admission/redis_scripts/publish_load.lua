#!lua flags=allow-oom
-- Opens admission with what was loaded, and gives the lock back.
-- Where Redis is out of memory as well (see begin_load).
-- KEYS loader, policy, loading users, users
-- ARGV token, run, epoch, state, start, end, total, next, admitted, queued, change: the policy's fields
-- Answer "published"; "lost": the lock is another's or has expired, or users are missing. Then nothing was done.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
local filled = redis.call('HLEN', KEYS[3])
if filled ~= tonumber(ARGV[9]) then return 'lost' end
redis.call('UNLINK', KEYS[4])
if filled > 0 then redis.call('RENAME', KEYS[3], KEYS[4]) end
redis.call('HSET', KEYS[2], 'run', ARGV[2], 'epoch', ARGV[3], 'state', ARGV[4], 'start', ARGV[5], 'end', ARGV[6],
           'total', ARGV[7], 'next', ARGV[8], 'admitted', ARGV[9], 'queued', ARGV[10], 'change', ARGV[11],
           'loaded', redis.call('TIME')[1] .. '000')
redis.call('DEL', KEYS[1])
return 'published'
