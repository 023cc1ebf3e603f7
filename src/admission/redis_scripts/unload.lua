-- Forgets a coupon of which nothing waits for the ledger.
-- KEYS policy, users, accepted, loader, loading users
-- Answer "unloaded"; "loading": a loader is at work; "queued": claims wait. Then nothing was done.
if redis.call('EXISTS', KEYS[4]) == 1 then return 'loading' end
if redis.call('XLEN', KEYS[3]) > 0 then return 'queued' end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[5])
return 'unloaded'
