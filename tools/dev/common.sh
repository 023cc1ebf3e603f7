# shellcheck shell=bash
# What every ./dev step uses. Sourced; ROOT is the project's folder.

# Debian's interpreter, where its python3-* packages are, whatever else stands first in PATH.
PYTHON=${PYTHON:-/usr/bin/python3}
JOBS=${JOBS:-$(nproc)}
PROGRESS_SECONDS=15
export PYTHONDONTWRITEBYTECODE=1
# Objects are cached by paths relative to the project's folder: a second clone or work tree compiles nothing again.
export CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1
# What ccache asks for to cache files that use precompiled headers: none of ours looks at __DATE__ or __TIME__.
export CCACHE_SLOPPINESS=pch_defines,time_macros

say() { printf '%s\n' "$*" >&2; }
die() {
    say "dev: $*"
    exit 1
}

# What a failure is told with, so that it can be replayed.
commit_name() { git -C "$ROOT" describe --always --dirty --abbrev=40 2>/dev/null || echo unknown; }

# step TITLE COMMAND...: runs it and says how long it took.
step() {
    local title=$1 started=$SECONDS
    shift
    say "== $title"
    "$@" || {
        local code=$?
        say "== $title: FAILED after $((SECONDS - started)) s"
        return "$code"
    }
    say "== $title: $((SECONDS - started)) s"
}

# run_with_progress LOG COMMAND...: on a terminal the command speaks for itself; else its status lines
# ("[3/120] ...") are thinned to one every PROGRESS_SECONDS, and everything goes to LOG. Other lines pass.
run_with_progress() {
    local log=$1
    shift
    if [[ -t 1 ]]; then
        "$@"
        return
    fi
    local fifo reader code=0
    fifo=$(mktemp -u "${log}.XXXXXX")
    mkfifo "$fifo"
    thin_progress "$log" <"$fifo" &
    reader=$!
    "$@" >"$fifo" 2>&1 || code=$?
    wait "$reader"
    rm -f "$fifo"
    return "$code"
}

thin_progress() {
    local log=$1 line='' piece='' status='' shown=$SECONDS code
    : >"$log"
    while true; do
        code=0
        IFS= read -r -t "$PROGRESS_SECONDS" piece || code=$?
        line+=$piece
        if ((code == 0)); then
            printf '%s\n' "$line" >>"$log"
            if [[ $line =~ ^\[[0-9]+/[0-9]+ ]]; then status=$line; else printf '%s\n' "$line"; fi
            line=''
        elif ((code <= 128)); then
            break
        fi
        if ((SECONDS - shown >= PROGRESS_SECONDS)); then
            printf '%s\n' "${status:-working} (${SECONDS} s)"
            shown=$SECONDS
        fi
    done
    [[ -z $status ]] || printf '%s\n' "$status"
}
