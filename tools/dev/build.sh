# shellcheck shell=bash
# Configure and build. Programs are named by the files they leave in the build folder.

RELEASE_PROGRAMS=(coupon-api coupon-consumer couponctl bench/bare_http_server bench/coupon-load bench/state-size
    bench/redis-script bench/consumer-drain)

build() { # [PRESET [NINJA TARGET...]]
    local preset=${1:-release}
    (($# == 0)) || shift
    local folder="$ROOT/build/$preset" targets=("$@")
    if [[ $preset == release && ${#targets[@]} -eq 0 ]]; then targets=("${RELEASE_PROGRAMS[@]}"); fi
    configure "$preset"
    export NINJA_STATUS='[%f/%t %es] '
    run_with_progress "$folder/build.log" ninja -C "$folder" -j "$JOBS" "${targets[@]}" ||
        die "build of preset $preset failed (all of it: build/$preset/build.log)"
}

# CMake reruns itself when its files change; only a folder never finished, or older than the presets, needs the preset.
# Nothing is built in those of clang-tidy: their compile commands are written anew each time.
configure() { # PRESET
    local folder="$ROOT/build/$1"
    mkdir -p "$folder"
    [[ $1 != tidy* && -f $folder/build.ninja && ! $ROOT/CMakePresets.json -nt $folder/build.ninja ]] && return 0
    (cd "$ROOT" && cmake --preset "$1") >"$folder/configure.log" 2>&1 ||
        { cat "$folder/configure.log" >&2; die "cannot configure preset $1"; }
}
