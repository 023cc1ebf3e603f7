# shellcheck shell=bash
# The tests: unit and contract tests through ctest, process-level tests through pytest, one closing count.

run_tests() { # [--quick] [-- PYTEST-ARGUMENT...]
    local quick=() arguments=()
    while (($#)); do
        case $1 in
            --quick) quick=(-m 'not slow') ;;
            --) shift && arguments=("$@") && break ;;
            *) die "test: unknown option '$1' (--quick, or pytest's after --)" ;;
        esac
        shift
    done
    setup run test
    build dev
    local results="$ROOT/build/dev/test-results" code=0
    rm -rf "$results"
    mkdir -p "$results"
    step 'unit and contract tests' run_ctest dev "$results" || code=1
    export COUPON_BUILD_DIR=build/dev
    step 'process-level tests' run_pytest "$results" "${quick[@]}" "${arguments[@]}" || code=1
    "$PYTHON" "$ROOT/tools/dev/count_tests.py" "$results" || code=1
    return "$code"
}

# Each program writes its cases to RESULTS/gtest, ctest its programs to RESULTS/ctest.xml. A seed that fails is told
# with the commit it failed at.
run_ctest() { # PRESET RESULTS [CTEST-ARGUMENT...]
    local preset=$1 results=$2
    shift 2
    mkdir -p "$results/gtest"
    TEST_COMMIT=$(commit_name) GTEST_OUTPUT="xml:$results/gtest/" GTEST_BRIEF=1 \
        ctest --test-dir "$ROOT/build/$preset" -j "$JOBS" --timeout 300 \
        --no-tests=error --output-on-failure --output-junit "$results/ctest.xml" "$@"
}

run_pytest() { # RESULTS PYTEST-ARGUMENT...
    local results=$1
    shift
    (cd "$ROOT" && timeout --kill-after=20 1200 \
        "$PYTHON" -m pytest tests/integration -q --junitxml="$results/pytest.xml" -p no:cacheprovider "$@")
}
