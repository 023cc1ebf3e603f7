-- wrk script: claims of one coupon, every request prepared before the first is sent (formatting while sending would
-- make wrk the limit). Arguments after "--": COUPON FIRST_USER USERS_PER_THREAD
-- The users of a thread are asked for in turn; with few of them the same ones come over and over.
local threads = 0

function setup(thread)
    thread:set("id", threads)
    threads = threads + 1
end

local requests, sent = {}, 0

function init(args)
    local coupon, first, users = args[1], tonumber(args[2]), tonumber(args[3])
    local from = first + id * users
    for i = 0, users - 1 do
        local body = string.format('{"userId":%.0f}', from + i)
        requests[i + 1] = table.concat({
            "POST /v1/coupons/" .. coupon .. "/claims HTTP/1.1",
            "Host: 127.0.0.1", "Content-Type: application/json",
            "Content-Length: " .. #body, "", body }, "\r\n")
    end
end

function request()
    sent = sent + 1
    if sent > #requests then sent = 1 end
    return requests[sent]
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"seconds":%.6f,"refused":%d,"socket_errors":%d,"p50_ms":%.3f,"p99_ms":%.3f}\n',
        summary.requests, summary.duration / 1e6, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
