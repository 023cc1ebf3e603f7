# shellcheck shell=bash
# What is tried against a set that ./dev up runs: the demo coupon, the first calls, the smoke test.

# Coupon 1 or what this data folder's demo coupon is called; every start opens it for another day.
up_demo_coupon() {
    local file="$UP_FOLDER/demo-coupon" url="http://127.0.0.1:${UP_PORT[api-1]}/v1/coupons" end
    end=$(date -u -d '+24 hours' +%Y-%m-%dT%H:%M:%SZ)
    if [[ -s $file ]]; then
        UP_COUPON=$(<"$file")
        up_expect 200 -X PATCH --json "{\"issueEndDate\":\"$end\"}" "$url/$UP_COUPON"
        return
    fi
    printf '{"name":"Demo coupon","totalQuantity":10000,"discountPrice":1000,"minimumPrice":5000,%s}' \
        "\"issueStartDate\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",\"issueEndDate\":\"$end\"" >"$UP_FOLDER/demo.json"
    up_expect 201 --json "@$UP_FOLDER/demo.json" "$url"
    UP_COUPON=$(sed -E 's/.*"id":([0-9]+).*/\1/' "$UP_FOLDER/answer")
    printf '%s\n' "$UP_COUPON" >"$file"
}

up_expect() { # STATUS CURL-ARGUMENT...; the body goes to UP_FOLDER/answer
    local wanted=$1 status
    shift
    status=$(curl -s --max-time 10 -o "$UP_FOLDER/answer" -w '%{http_code}' "$@") || true
    [[ $status == "$wanted" ]] ||
        up_fail api-1 "answered $status, not $wanted, to ${*: -1}: $(cat "$UP_FOLDER/answer" 2>/dev/null || true)"
}

up_welcome() {
    local one="http://127.0.0.1:${UP_PORT[api-1]}" two="http://127.0.0.1:${UP_PORT[api-2]}"
    local claims="v1/coupons/$UP_COUPON/claims" sql="${UP_CLIENT[*]} --port=${UP_PORT[mariadb]} coupon"
    cat <<TEXT

Two nodes serve on $one and $two; Redis on ${UP_PORT[redis]}, MariaDB on ${UP_PORT[mariadb]}.
Coupon $UP_COUPON is open for 24 hours. Try, in another terminal:

  claim at one node:   curl -i --json '{"userId":42}' $one/$claims
  and at the other:    curl -i --json '{"userId":42}' $two/$claims
                       409, with the claim you hold
  its row:             $sql -e 'SELECT * FROM coupon_issuance'
  in Redis:            redis-cli -p ${UP_PORT[redis]} HGETALL 'coupon:{$UP_COUPON}:policy'
  metrics:             curl -s $one/metrics | grep coupon_
                       curl -s http://127.0.0.1:${UP_PORT[consumer-1]}/metrics | grep coupon_queue_
  logs:                $UP_FOLDER/*/log
  stop:                Ctrl-C here; everything that was answered is kept
  begin anew:          stop it and remove $UP_FOLDER

TEXT
}

# --- Smoke test

up_smoke() { # BASE-PORT or nothing
    local base=$1 code deadline
    UP_FOLDER=$(mktemp -d)
    set +e # the code is wanted, and "||" would take -e from what is inside
    (
        set -e
        up_start_all "${base:-$(up_free_base)}"
        up_demo_coupon
        local path="/v1/coupons/$UP_COUPON/claims"
        up_expect 201 --json '{"userId":42}' "http://127.0.0.1:${UP_PORT[api-1]}$path"
        up_expect 409 --json '{"userId":42}' "http://127.0.0.1:${UP_PORT[api-2]}$path"
        deadline=$((SECONDS + UP_START_SECONDS))
        until [[ $(up_sql "SELECT user_id FROM coupon_issuance WHERE coupon_id = $UP_COUPON") == 42 ]]; do
            ((SECONDS < deadline)) || up_fail consumer-1 'has not written the row'
            sleep 0.05 || true
        done
        if $UP_STOPPING; then exit 1; fi
        up_stop
    )
    code=$?
    set -e
    rm -rf "$UP_FOLDER"
    ((code == 0)) || die "up --smoke: failed (exit code $code)"
    say 'up --smoke: claimed at one node, refused at the other, found the row, stopped in order: ok'
}

up_free_base() {
    local base offset
    while true; do
        base=$((20000 + RANDOM % 11990))
        for offset in 0 1 2 3 4 5; do
            if up_port_is_taken $((base + offset)); then continue 2; fi
        done
        printf '%s\n' "$base" && return
    done
}
