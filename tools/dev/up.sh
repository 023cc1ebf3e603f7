# shellcheck shell=bash
# The distributed set on one machine: Redis, MariaDB, two coupon-api, two coupon-consumer, each on a port of its own.
# Everything it starts is a child of its own; it talks to no server but these.

UP_BASE_PORT=8100
UP_START_SECONDS=30
UP_STOP_SECONDS=30
UP_TAIL_LINES=20
UP_PARTS=(redis mariadb api-1 api-2 consumer-1 consumer-2)             # the order of starting
UP_STOP_STAGES=('api-1 api-2' 'consumer-1 consumer-2' 'redis mariadb') # parts of a stage stop side by side
UP_CLIENT=(mariadb --no-defaults --protocol=TCP --host=127.0.0.1 --user=root)

up_usage() {
    cat <<TEXT
./dev up [options]: Redis (AOF), MariaDB, two coupon-api and two coupon-consumer; Ctrl-C stops them in order

  --base-port N      six ports from N on (default $UP_BASE_PORT): api-1, api-2, consumer-1, consumer-2, Redis, MariaDB
  --data FOLDER      where their data and logs stand (default ./data/up); kept between runs
  --programs FOLDER  take the programs from there instead of building the release
  --smoke            free ports, an empty folder: claim, claim again at the other node, look for the row, stop
TEXT
}

up() { # [OPTION...]
    local smoke=false base='' programs=''
    UP_FOLDER="$ROOT/data/up"
    while (($#)); do
        case $1 in
            --smoke) smoke=true ;;
            --base-port | --data | --programs)
                (($# > 1)) || die "up: $1 needs a value"
                case $1 in
                    --base-port) base=$2 ;;
                    --data) UP_FOLDER=$(realpath -m "$2") ;;
                    --programs) programs=$(realpath -m "$2") ;;
                esac
                shift
                ;;
            -h | --help) up_usage && return ;;
            *) die "up: unknown option '$1' (./dev up --help)" ;;
        esac
        shift
    done
    [[ -z $base || ($base =~ ^[0-9]{1,5}$ && $base -ge 1024 && $base -le 65530) ]] ||
        die "up: --base-port is a number from 1024 to 65530"
    setup run up
    if [[ -z $programs ]]; then
        build release coupon-api coupon-consumer couponctl >&2
        programs="$ROOT/build/release"
    fi
    UP_PROGRAMS=$programs
    if $smoke; then up_smoke "$base"; else up_serve "${base:-$UP_BASE_PORT}"; fi
}

up_serve() { # BASE-PORT
    up_start_all "$1"
    up_demo_coupon
    up_welcome
    local ended=''
    until $UP_STOPPING || [[ -n $ended ]]; do
        sleep 0.2 || true # Ctrl-C ends it, too
        ended=$(up_ended) || true
    done
    $UP_STOPPING || up_fail "$ended" 'ended by itself'
    up_stop
    say "up: stopped; everything that was answered is kept in $UP_FOLDER"
}

# --- Start

up_start_all() { # BASE-PORT
    declare -gA UP_PID=() UP_PORT=()
    UP_STOPPING=false
    up_ports "$1"
    mkdir -p "$UP_FOLDER"
    exec {UP_LOCK}>"$UP_FOLDER/lock"
    flock -n "$UP_LOCK" || die "up: another ./dev up holds $UP_FOLDER; stop it or give --data"
    trap 'UP_STOPPING=true' INT TERM
    trap up_stop EXIT
    up_start_redis
    up_start_mariadb
    up_wait redis redis-cli -e -h 127.0.0.1 -p "${UP_PORT[redis]}" PING
    up_wait mariadb up_sql 'SELECT 1'
    local part
    for part in api-1 api-2 consumer-1 consumer-2; do up_start_ours "$part"; done
    for part in api-1 api-2 consumer-1 consumer-2; do
        up_wait "$part" curl -fs -o "$UP_FOLDER/answer" --max-time 2 "http://127.0.0.1:${UP_PORT[$part]}/readyz"
    done
}

up_ports() { # BASE-PORT
    local part port=$1
    for part in api-1 api-2 consumer-1 consumer-2 redis mariadb; do
        UP_PORT[$part]=$port
        if up_port_is_taken "$port"; then
            die "up: port $port, which $part would use, is taken by somebody else; give --base-port"
        fi
        port=$((port + 1))
    done
}

up_port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# up_spawn PART COMMAND...: in its own folder and session, so that Ctrl-C reaches this script alone and the order of
# stopping is ours. Should the script itself be killed, the kernel tells the part to stop.
up_spawn() {
    local part=$1 folder="$UP_FOLDER/$1"
    shift
    mkdir -p "$folder"
    [[ ! -e $folder/log ]] || mv -f "$folder/log" "$folder/log.previous"
    (cd "$folder" && exec setsid setpriv --pdeathsig TERM "$@") </dev/null >"$folder/log" 2>&1 {UP_LOCK}>&- &
    UP_PID[$part]=$!
    say "up: $part starts on port ${UP_PORT[$part]}"
}

up_start_redis() {
    up_spawn redis redis-server --bind 127.0.0.1 --port "${UP_PORT[redis]}" --dir "$UP_FOLDER/redis" \
        --daemonize no --save '' --appendonly yes --appendfsync always --maxmemory-policy noeviction
}

up_start_mariadb() {
    local folder="$UP_FOLDER/mariadb" user=()
    ((EUID != 0)) || user=(--user=root)
    mkdir -p "$folder"
    if [[ ! -d $folder/data ]]; then
        say "up: preparing MariaDB's data folder, once"
        rm -rf "$folder/new"
        mariadb-install-db --no-defaults "${user[@]}" --datadir="$folder/new" --skip-test-db \
            --auth-root-authentication-method=normal >"$folder/install.log" 2>&1 ||
            { tail -n "$UP_TAIL_LINES" "$folder/install.log" >&2; die "up: mariadb-install-db failed"; }
        mv "$folder/new" "$folder/data"
    fi
    printf 'CREATE DATABASE IF NOT EXISTS coupon CHARACTER SET utf8mb4;\n' >"$folder/init.sql"
    up_spawn mariadb mariadbd --no-defaults "${user[@]}" --datadir="$folder/data" --bind-address=127.0.0.1 \
        --port="${UP_PORT[mariadb]}" --socket=mariadb.sock --pid-file="$folder/pid" --init-file="$folder/init.sql" \
        --innodb-flush-log-at-trx-commit=1
}

up_start_ours() { # PART
    local part=$1 name=${1%-*} more=()
    case $name in
        api) more=(--set admission.store=redis --set "data.dir=$UP_FOLDER/$part/data") ;;
        consumer) more=(--set "consumer.name=$part") ;;
    esac
    up_spawn "$part" "$UP_PROGRAMS/coupon-$name" --profile local --set "server.port=${UP_PORT[$part]}" \
        --set "redis.url=redis://127.0.0.1:${UP_PORT[redis]}" --set datasource.username=root \
        --set "datasource.url=mysql://127.0.0.1:${UP_PORT[mariadb]}/coupon" \
        --set "application.name=coupon-$part" "${more[@]}"
}

# up_wait PART COMMAND...: until COMMAND succeeds.
up_wait() {
    local part=$1 deadline=$((SECONDS + UP_START_SECONDS))
    shift
    until "$@" >/dev/null 2>&1; do
        if $UP_STOPPING; then exit 1; fi
        kill -0 "${UP_PID[$part]}" 2>/dev/null || up_fail "$part" 'ended before it was ready'
        ((SECONDS < deadline)) || up_fail "$part" "is not ready after $UP_START_SECONDS s"
        sleep 0.05 || true
    done
    # The answer may be another's who took the port in between; ours has ended then.
    kill -0 "${UP_PID[$part]}" 2>/dev/null || up_fail "$part" 'ended before it was ready'
}

up_sql() { # STATEMENT
    "${UP_CLIENT[@]}" --port="${UP_PORT[mariadb]}" --connect-timeout=2 --batch --skip-column-names -e "$1" coupon
}

# --- End

# The first part that does not run any more; nothing when all do.
up_ended() {
    local part
    for part in "${UP_PARTS[@]}"; do
        kill -0 "${UP_PID[$part]}" 2>/dev/null || { printf '%s\n' "$part" && return; }
    done
}

up_fail() { # PART WHY
    say "up: $1 $2; the end of its log ($UP_FOLDER/$1/log):"
    tail -n "$UP_TAIL_LINES" "$UP_FOLDER/$1/log" | sed 's/^/    /' >&2
    UP_FAILED=true
    exit 1
}

# Stage by stage; what does not stop in time is killed. Fails when one of our programs did not stop cleanly.
up_stop() {
    trap '' INT TERM
    trap - EXIT
    local stage part code failed=${UP_FAILED:-false}
    for stage in "${UP_STOP_STAGES[@]}"; do
        for part in $stage; do
            [[ -z ${UP_PID[$part]:-} ]] || kill -TERM "${UP_PID[$part]}" 2>/dev/null || true
        done
        for part in $stage; do
            [[ -n ${UP_PID[$part]:-} ]] || continue
            code=0
            up_join "${UP_PID[$part]}" || code=$?
            unset "UP_PID[$part]"
            if ((code == 0)); then
                say "up: $part stopped"
            else
                say "up: $part ended with exit code $code; its log: $UP_FOLDER/$part/log"
                failed=true
            fi
        done
    done
    if $failed; then exit 1; fi
}

up_join() { # PID: its exit code
    local deadline=$((SECONDS + UP_STOP_SECONDS))
    while kill -0 "$1" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.05 || true; done
    kill -KILL "$1" 2>/dev/null || true
    wait "$1"
}
