#!lua flags=allow-oom
-- Takes entries of one coupon's stream for the holder of its lease.
-- KEYS  lease, accepted, policy
-- ARGV  token, lease_ms, consumer, claims wanted (0: only renew the lease), run, cursor, claims an entry may hold,
--       most entries of one reading
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

local function claims_of(entry)
    local fields = entry[2]
    for i = 1, #fields, 2 do
        if fields[i] == 'u' then return 1 + select(2, string.gsub(fields[i + 1], ' ', '')) end
    end
    return 1
end

local length = redis.call('XLEN', accepted)
local state = redis.call('HMGET', policy, 'run', 'epoch')
local loaded = state[1] == ARGV[5]
if length == 0 and (cursor == '' or not loaded) then return {'empty'} end
if not loaded then return {'not_loaded'} end

local owner = redis.call('GET', lease)
if owner and owner ~= token then return {'held', redis.call('PTTL', lease)} end
redis.call('SET', lease, token, 'PX', ARGV[2])
if not owner then cursor = '0-0' end

local fresh = owner and 0 or 1
local wanted, entry_max, entries_max = tonumber(ARGV[4]), tonumber(ARGV[7]), tonumber(ARGV[8])
local entries, deleted, claims = {}, {}, 0
local pending = cursor ~= ''
local more = wanted > 0
-- COUNT is in entries, and an entry holds one claim or hundreds: a step reads as many as cannot hold more than is still
-- wanted, but at least one. So less than an entry too much comes, whatever is in them.
while more do
    local count = math.max(1, math.floor((wanted - claims) / entry_max))
    count = math.min(count, entries_max - #entries - #deleted)
    local found
    if pending then
        local reply = read('XAUTOCLAIM', accepted, 'ledger', consumer, 0, cursor, 'COUNT', count)
        if reply.err then return reply end
        cursor, found = reply[1] ~= '0-0' and reply[1] or '', reply[2]
        for _, id in ipairs(reply[3]) do deleted[#deleted + 1] = id end
        more = cursor ~= ''
    else
        local streams = read('XREADGROUP', 'GROUP', 'ledger', consumer, 'COUNT', count, 'STREAMS', accepted, '>')
        if streams and streams.err then return streams end
        found = streams and streams[1][2] or {}
        more = #found == count
    end
    for _, entry in ipairs(found) do
        entries[#entries + 1] = entry
        claims = claims + claims_of(entry)
    end
    more = more and claims < wanted and #entries + #deleted < entries_max
end
return {'taken', state[2], fresh, cursor, deleted, entries}
