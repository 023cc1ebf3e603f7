#!lua flags=allow-oom
-- Applies an operator's change, whole and once.
-- Where Redis is out of memory as well: a pause must be possible then, too.
-- KEYS policy
-- ARGV run id of this Redis, id of the change, stock delta, new state or "", new end (ms) or ""
-- Answer {"not_loaded"}: nothing was done; {"refused", why}: neither, and it never can be; {"applied", total or "",
-- admitted, epoch}, also where a change with this id or a later one was applied before.
local policy = redis.call('HMGET', KEYS[1], 'run', 'total', 'admitted', 'state', 'change', 'epoch')
if ARGV[1] == '' or policy[1] ~= ARGV[1] then return {'not_loaded'} end
local total, admitted, delta, epoch = policy[2], tonumber(policy[3]), tonumber(ARGV[3]), policy[6]
if tonumber(ARGV[2]) <= tonumber(policy[5]) then return {'applied', total, admitted, epoch} end
if delta ~= 0 then
    if total == '' then return {'refused', 'the coupon is unlimited: it has no stock to change'} end
    local wanted = tonumber(total) + delta
    if delta < 0 and wanted < admitted then
        return {'refused', string.format('%d of %s are admitted: the stock can be cut by %d at most', admitted, total,
                                         math.max(0, tonumber(total) - admitted))}
    end
    total = string.format('%.0f', wanted)
end
if ARGV[4] ~= '' and policy[4] == '2' and ARGV[4] ~= '2' then return {'refused', 'a closed coupon stays closed'} end
redis.call('HSET', KEYS[1], 'total', total, 'change', ARGV[2])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'state', ARGV[4]) end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'end', ARGV[5]) end
return {'applied', total, admitted, epoch}
