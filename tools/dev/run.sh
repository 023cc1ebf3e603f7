# shellcheck shell=bash
# Run the release build: for a person, or as a smoke test.

run() {
    local smoke=false
    if [[ ${1:-} == --smoke ]]; then
        smoke=true
        shift
    fi
    setup run
    # The program's own output is the last thing on the screen: what comes before goes to stderr.
    build release coupon-api couponctl >&2
    if $smoke; then
        smoke_test
    else
        exec "$ROOT/build/release/coupon-api" --profile local --set demo.coupon=true "$@"
    fi
}

smoke_test() {
    local folder
    folder=$(mktemp -d)
    SMOKE_PID=''
    # shellcheck disable=SC2064  # the words of now are wanted
    trap "[[ -z \$SMOKE_PID ]] || kill -KILL \$SMOKE_PID 2>/dev/null; rm -rf '$folder'" EXIT
    start_smoke "$folder"
    local url="http://127.0.0.1:$SMOKE_PORT"
    smoke_expect 201 "$url/v1/coupons/1/claims" -H 'Content-Type: application/json' -d '{"userId":42}'
    smoke_expect 409 "$url/v1/coupons/1/claims" -H 'Content-Type: application/json' -d '{"userId":42}'
    smoke_expect 200 "$url/metrics"
    grep -q '^coupon_claims_total{' "$folder/answer" || smoke_fail "$folder" "/metrics has no coupon_claims_total"
    kill -TERM "$SMOKE_PID"
    local code=0
    wait "$SMOKE_PID" || code=$?
    SMOKE_PID=''
    ((code == 0)) || smoke_fail "$folder" "exit code $code after SIGTERM, not 0"
    say "smoke: started, claimed, refused the second claim, measured, stopped: ok"
}

# Three ports at random: somebody else may take one between the look and the start.
start_smoke() { # FOLDER
    local folder=$1 tries deadline
    for tries in 1 2 3; do
        SMOKE_PORT=$((20000 + RANDOM % 12000))
        "$ROOT/build/release/coupon-api" --profile local --set demo.coupon=true --set "server.port=$SMOKE_PORT" \
            --set "data.dir=$folder/data$tries" >"$folder/log" 2>&1 &
        SMOKE_PID=$!
        deadline=$((SECONDS + 20))
        while kill -0 "$SMOKE_PID" 2>/dev/null && ((SECONDS < deadline)); do
            curl -fs -o /dev/null --max-time 2 "http://127.0.0.1:$SMOKE_PORT/readyz" && return 0
            sleep 0.02
        done
        kill -KILL "$SMOKE_PID" 2>/dev/null || true
        wait "$SMOKE_PID" 2>/dev/null || true
    done
    smoke_fail "$folder" "not ready"
}

smoke_expect() { # STATUS URL CURL-OPTION...
    local wanted=$1 url=$2 status
    shift 2
    status=$(curl -s --max-time 10 -o "$folder/answer" -w '%{http_code}' "$@" "$url") || true
    [[ $status == "$wanted" ]] || smoke_fail "$folder" "$url answered $status, not $wanted"
}

smoke_fail() { # FOLDER WHY
    cat "$1/log" >&2
    die "smoke: $2 (its log stands above)"
}
