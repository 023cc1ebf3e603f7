-- Takes entries whose claims are in the ledger off the stream. Refused while the coupon is loading: the loader counts
-- what is queued.
-- KEYS  policy, accepted
-- ARGV  run, then for each entry its id and how many claims it holds
-- Reply  {"not_loaded"} | {"acknowledged", entries that were there}
local policy, accepted = KEYS[1], KEYS[2]
if redis.call('HGET', policy, 'run') ~= ARGV[1] then return {'not_loaded'} end
local entries, claims = 0, 0
for i = 2, #ARGV, 2 do
    redis.call('XACK', accepted, 'ledger', ARGV[i])
    if redis.call('XDEL', accepted, ARGV[i]) == 1 then
        entries = entries + 1
        claims = claims + tonumber(ARGV[i + 1])
    end
end
if claims > 0 then redis.call('HINCRBY', policy, 'queued', -claims) end
return {'acknowledged', entries}
