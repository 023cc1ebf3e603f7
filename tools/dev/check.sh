# shellcheck shell=bash
# What is run before a merge: linters and the tests under sanitizers. --quick is what CI runs on every push.

check() { # [--quick]
    local quick=false code=0
    case ${1:-} in
        '') ;;
        --quick) quick=true ;;
        *) die "check: unknown option '$1' (--quick)" ;;
    esac
    setup run test check
    lint || code=1
    if $quick; then
        step 'clang-tidy, changed sources' lint_tidy changed || code=1
        step 'address and undefined behaviour sanitizers' sanitize asan || code=1
        step 'thread sanitizer, admission and HTTP' sanitize tsan '^(engine|contract|http|http_api)_test$' || code=1
    else
        step 'clang-tidy' lint_tidy all || code=1
        step 'address and undefined behaviour sanitizers' sanitize asan || code=1
        step 'thread sanitizer' sanitize tsan || code=1
        step 'long sweeps of faults' long_sweeps || code=1
        local folder
        for folder in simulation fuzz; do
            [[ ! -x $ROOT/tests/$folder/run ]] || step "$folder" "$ROOT/tests/$folder/run" || code=1
        done
    fi
    return "$code"
}

# Every step of a small run fails or kills the service once; the log is cut off at every byte of its end. Between
# processes: sixty rounds of kills, fifty deaths of the database in a COMMIT, the ends of Redis' file.
long_sweeps() ( # in a process of its own, as its variables are
    results="$ROOT/build/dev/sweep-results" code=0
    build dev coupon-api coupon-consumer couponctl ledger_test || exit 1
    export TEST_LONG_SWEEP=1 COUPON_BUILD_DIR=build/dev
    "$ROOT/build/dev/ledger_test" --gtest_brief=1 --gtest_filter='SqliteCrashTest.*' || code=1
    for tests in whichever_system_call whoever_is_killed 'middle_of_a_commit or torn_off_again or everysec_loses'; do
        mkdir -p "$results/${tests%% *}"
        run_pytest "$results/${tests%% *}" -o faulthandler_timeout=1100 -k "$tests" || code=1
    done
    exit "$code"
)

# Builds and runs the tests of a sanitizer preset; PATTERN limits both to the test programs whose name fits.
sanitize() { # PRESET [PATTERN]
    local preset=$1 pattern=${2:-} targets=()
    local results="$ROOT/build/$preset/test-results"
    if [[ -n $pattern ]]; then
        configure "$preset"
        mapfile -t targets < <(ninja -C "$ROOT/build/$preset" -t targets all | sed -n 's/: .*//p' |
            grep -E "$pattern" | sort -u)
        ((${#targets[@]})) || die "check: no test program fits $pattern"
    fi
    (build "$preset" "${targets[@]}") || return 1
    rm -rf "$results"
    # With -fstack-protector-strong g++ 12.2 places over-aligned objects 32 bytes off on the fake stack of
    # detect_stack_use_after_return: all nine alignas(64) and alignas(128) locals of a small program, at -O0 to -O2.
    # Without the protector, and with clang 19, none; tests/fuzz/run is clang's and keeps the option.
    ASAN_OPTIONS=detect_stack_use_after_return=0:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        TSAN_OPTIONS=second_deadlock_stack=1:halt_on_error=1 \
        run_ctest "$preset" "$results" ${pattern:+-R "$pattern"}
}
