-- Decides a batch of claims of one coupon, in order, and writes what it admits: all of it or nothing.
-- KEYS policy, users, accepted
-- ARGV run id of this Redis, epoch, most claims that may be queued, user, user, ... (each once)
-- Answer {"not_loaded", epoch or ""}: nothing was decided; "" unless only the epoch is another.
-- Answer {"ok", now ms, start ms, first sequence, admitted, refusal, remaining or "", index, entry, ...}:
--   (index, entry) are the duplicates, index from 0; of the others, in order, the first `admitted` have won
--   consecutive sequences, and the rest got `refusal`.
--
-- No shebang: when Redis is out of memory the first write refuses, and that is before anything is written, but who holds
-- the coupon is still recognised. Lua's numbers are doubles: ids go through as the strings they came as.
local policy = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'state', 'start', 'end', 'total', 'next', 'admitted', 'queued')
if ARGV[1] == '' or policy[1] ~= ARGV[1] then return {'not_loaded', ''} end
if policy[2] ~= ARGV[2] then return {'not_loaded', policy[2]} end

local held = redis.call('HMGET', KEYS[2], unpack(ARGV, 4))
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local total, next, admitted, queued = tonumber(policy[6]), tonumber(policy[7]), tonumber(policy[8]), tonumber(policy[9])

-- A sequence is at most 2^31-1, for an unlimited coupon as well.
local room = 2147483648 - next
if total and total - admitted < room then room = total - admitted end
local refusal = 'sold_out'
if policy[3] ~= '0' then
    room, refusal = 0, policy[3] == '1' and 'paused' or 'closed'
elseif now < tonumber(policy[4]) then
    room, refusal = 0, 'not_open'
elseif now >= tonumber(policy[5]) then
    room, refusal = 0, 'ended'
elseif room > 0 and queued >= tonumber(ARGV[3]) then
    room, refusal = 0, 'overloaded'
end

local reply = {'ok', now, policy[4], next, 0, '', ''}
local suffix = ':' .. string.format('%.0f', now - tonumber(policy[4]))
-- Lua formats numbers slowly: the last digit, with what follows it, is looked up, the rest made once in ten.
local digits = {[0] = '0' .. suffix, '1' .. suffix, '2' .. suffix, '3' .. suffix, '4' .. suffix, '5' .. suffix,
                '6' .. suffix, '7' .. suffix, '8' .. suffix, '9' .. suffix}
local tens, digit = math.floor(next / 10), next % 10
local prefix = tens > 0 and string.format('%d', tens) or ''
local users, entries, count, size = ARGV, {KEYS[2]}, 0, #reply
for i = 1, #held do
    if held[i] then
        reply[size + 1], reply[size + 2] = i - 1, held[i]
        size = size + 2
    elseif count < room then
        entries[2 * count + 2], entries[2 * count + 3] = users[i + 3], prefix .. digits[digit]
        count = count + 1
        digit = digit + 1
        if digit == 10 then
            tens, digit = tens + 1, 0
            prefix = string.format('%d', tens)
        end
    else
        reply[6] = refusal
    end
end

if count > 0 then
    admitted = admitted + count
    redis.call('HSET', unpack(entries))
    redis.call('HSET', KEYS[1], 'next', next + count, 'admitted', admitted, 'queued', queued + count)
    local winners
    if count == #held then
        winners = table.concat(ARGV, ' ', 4)
    else
        winners = {}
        for i = 1, count do winners[i] = entries[2 * i] end
        winners = table.concat(winners, ' ')
    end
    redis.call('XADD', KEYS[3], '*', 'v', '1', 'e', policy[2], 't', string.format('%.0f', now), 's', next,
               'u', winners)
    reply[5] = count
end
if total then reply[7] = math.max(0, total - admitted) end
return reply
