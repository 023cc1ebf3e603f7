-- What the loaded admission state says about users.
-- KEYS  policy, users
-- ARGV  run, then users
-- Reply  {"not_loaded"} | {"loaded", epoch, entry or nil of each user}
local state = redis.call('HMGET', KEYS[1], 'run', 'epoch')
if state[1] ~= ARGV[1] then return {'not_loaded'} end
return {'loaded', state[2], redis.call('HMGET', KEYS[2], unpack(ARGV, 2))}
