-- Gives the loader's lock back where a load failed; the coupon stays not loaded.
-- KEYS loader
-- ARGV token
-- Answer: whether it was ours.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
