-- What the loaded admission state says about claims that an earlier one admitted; who was lost is admitted anew. These
-- users were told yes: only the stock may take that back. Window, state and backlog are for new claims and not looked
-- at, just as they are not for what still waits in the stream.
-- KEYS  policy, users, accepted
-- ARGV  run, epoch, then user, sequence of each claim
-- Reply  {"not_loaded"}: of another epoch, too | {"loaded", word of each claim}:
--        "held" with this sequence, "superseded" (the user has another one, or came twice), "admitted", "no_stock"
local policy = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'start', 'total', 'next', 'admitted', 'queued')
if ARGV[1] == '' or policy[1] ~= ARGV[1] or policy[2] ~= ARGV[2] then return {'not_loaded'} end
local users = {}
for i = 3, #ARGV, 2 do users[#users + 1] = ARGV[i] end
local held = redis.call('HMGET', KEYS[2], unpack(users))

local total, next, admitted = tonumber(policy[4]), tonumber(policy[5]), tonumber(policy[6])
local room = 2147483648 - next  -- a sequence is at most 2^31-1
if total then room = math.min(room, total - admitted) end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local suffix = ':' .. string.format('%.0f', now - tonumber(policy[3]))

local words, seen, winners, entries = {}, {}, {}, {KEYS[2]}
for i, user in ipairs(users) do
    if held[i] then
        local sequence = string.match(held[i], '^(%d+):')
        if not sequence then return redis.error_reply('DAMAGED entry of user ' .. user .. ': ' .. held[i]) end
        words[i] = sequence == ARGV[2 * i + 2] and 'held' or 'superseded'
    elseif seen[user] then
        words[i] = 'superseded'
    elseif #winners < room then
        entries[#entries + 1] = user
        entries[#entries + 1] = string.format('%.0f', next + #winners) .. suffix
        winners[#winners + 1] = user
        words[i] = 'admitted'
    else
        words[i] = 'no_stock'
    end
    seen[user] = true
end

local count = #winners
if count > 0 then
    redis.call('HSET', unpack(entries))
    redis.call('HSET', KEYS[1], 'next', next + count, 'admitted', admitted + count, 'queued', policy[7] + count)
    redis.call('XADD', KEYS[3], '*', 'v', '1', 'e', policy[2], 't', string.format('%.0f', now), 's', next,
               'u', table.concat(winners, ' '))
end
return {'loaded', words}
