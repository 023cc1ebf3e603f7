#!lua flags=allow-oom
-- Takes entries of one coupon's stream for the holder of its lease.
-- KEYS  lease, accepted, policy
-- ARGV  token, lease_ms, consumer, claims wanted (0: only renew the lease), run, cursor
-- cursor: "" reads what nobody has read yet; else goes on among the pending entries, own and foreign, from there. A new
-- lease starts among the pending ones whatever the cursor says: their reader may be gone.
-- Allowed when Redis is out of memory: it takes next to none, and what makes room begins here.
-- Reply  {"empty"} | {"not_loaded"} | {"held", ms left} |
--        {"taken", epoch, lease is new, next cursor ("" = no more pending), deleted pending ids, entries}
local lease, accepted, policy = KEYS[1], KEYS[2], KEYS[3]
local token, consumer, cursor = ARGV[1], ARGV[3], ARGV[6]

local function read(...)
    local reply = redis.pcall(...)
    if type(reply) == 'table' and reply.err and string.find(reply.err, 'NOGROUP', 1, true) then
        redis.call('XGROUP', 'CREATE', accepted, 'ledger', '0', 'MKSTREAM')
        reply = redis.pcall(...)
    end
    return reply
end

local length = redis.call('XLEN', accepted)
local state = redis.call('HMGET', policy, 'run', 'epoch', 'queued')
local loaded = state[1] == ARGV[5]
if length == 0 and (cursor == '' or not loaded) then return {'empty'} end
if not loaded then return {'not_loaded'} end

local owner = redis.call('GET', lease)
if owner and owner ~= token then return {'held', redis.call('PTTL', lease)} end
redis.call('SET', lease, token, 'PX', ARGV[2])
if not owner then cursor = '0-0' end

local fresh = owner and 0 or 1
local wanted = tonumber(ARGV[4])
if wanted == 0 then return {'taken', state[2], fresh, cursor, {}, {}} end
-- COUNT is in entries: as many as hold so many claims on the average. At most a thousand: the reply stays far below
-- what the client takes, however large they are.
local per_entry = math.max(1, (tonumber(state[3]) or 0) / math.max(1, length))
local count = math.min(1000, math.max(1, math.floor(wanted / per_entry)))
if cursor ~= '' then
    local claimed = read('XAUTOCLAIM', accepted, 'ledger', consumer, 0, cursor, 'COUNT', count)
    if claimed.err then return claimed end
    local next_cursor = claimed[1]
    if next_cursor == '0-0' then next_cursor = '' end
    return {'taken', state[2], fresh, next_cursor, claimed[3], claimed[2]}
end
local streams = read('XREADGROUP', 'GROUP', 'ledger', consumer, 'COUNT', count, 'STREAMS', accepted, '>')
if not streams then return {'taken', state[2], fresh, '', {}, {}} end
if streams.err then return streams end
return {'taken', state[2], fresh, '', {}, streams[1][2]}
