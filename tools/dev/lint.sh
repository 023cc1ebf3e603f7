# shellcheck shell=bash
# Linters. Each takes the folder it looks at, so that tools/lint_selftest can hand it planted defects.
# Configuration always comes from the project ($ROOT), never from the folder looked at.

CXX_FOLDERS=(src tests bench)

cxx_files() { # FOLDER
    local base
    for base in "${CXX_FOLDERS[@]}"; do
        [[ ! -d $1/$base ]] || find "$1/$base" -type f \( -name '*.cc' -o -name '*.h' \)
    done | sort
}

shell_files() { # FOLDER: by name or by first line
    local file
    find "$1" \( -name build -o -name .git -o -name node_modules -o -name .venv \) -prune -o -type f -print | sort |
        while IFS= read -r file; do
            if [[ $file == *.sh ]] || head -c 64 "$file" | grep -aqE '^#!.*\b(ba)?sh\b'; then printf '%s\n' "$file"; fi
        done
}

python_files() { # FOLDER
    find "$1" \( -name build -o -name .git -o -name node_modules -o -name .venv \) -prune -o -name '*.py' -print | sort
}

lint_layout() { # FOLDER
    local files
    mapfile -t files < <(cxx_files "$1")
    ((${#files[@]})) || die "lint: no C++ file under $1"
    clang-format-19 --style="file:$ROOT/.clang-format" --dry-run -Werror "${files[@]}"
}

lint_shell() { # FOLDER
    local files
    mapfile -t files < <(shell_files "$1")
    ((${#files[@]})) || die "lint: no shell script under $1"
    shellcheck -x -P "$ROOT" "${files[@]}"
}

lint_python() { # FOLDER
    local files
    mapfile -t files < <(python_files "$1")
    ((${#files[@]})) || die "lint: no Python file under $1"
    "$PYTHON" -m pyflakes "${files[@]}"
}

lint_style() { "$PYTHON" "$ROOT/tools/style.py" --root "$1"; }

# clang-tidy over the sources given; COMMANDS is the folder that holds compile_commands.json.
tidy_files() { # COMMANDS FILE...
    local commands=$1
    shift
    local options=(--config-file="$ROOT/.clang-tidy" -p "$commands" --quiet)
    printf '%s\0' "$@" | xargs -0 -n 1 -P "$JOBS" clang-tidy-19 "${options[@]}"
}

# Sources changed since the parent commit or not committed; all of common when there is none.
changed_sources() {
    local files
    mapfile -t files < <(cd "$ROOT" && {
        git diff --name-only --diff-filter=d "${CI_BASE:-HEAD~1}" -- 'src/*.cc' 'bench/*.cc' 2>/dev/null ||
            git diff --name-only --diff-filter=d HEAD -- 'src/*.cc' 'bench/*.cc'
        git ls-files --others --exclude-standard -- 'src/*.cc' 'bench/*.cc'
    } | grep -v '_test\.cc$' | sort -u)
    ((${#files[@]})) || mapfile -t files < <(cd "$ROOT" && ls src/common/*.cc)
    printf '%s\n' "${files[@]}"
}

TIDY_QUICK_FILES_MAX=6

lint_tidy() { # all | changed
    local files=()
    setup run check
    configure tidy
    if [[ $1 == all ]]; then
        configure tidy-units
        "$PYTHON" "$ROOT/tools/tidy.py" --single "$ROOT/build/tidy" --units "$ROOT/build/tidy-units"
        return
    fi
    mapfile -t files < <(changed_sources)
    if ((${#files[@]} > TIDY_QUICK_FILES_MAX)); then
        say "tidy: ${#files[@]} sources changed, the first $TIDY_QUICK_FILES_MAX are looked at;" \
            "./dev lint --tidy takes all"
        files=("${files[@]:0:TIDY_QUICK_FILES_MAX}")
    fi
    (cd "$ROOT" && tidy_files "$ROOT/build/tidy" "${files[@]}")
}

lint() { # [--tidy]
    local tidy=false code=0
    case ${1:-} in
        '') ;;
        --tidy) tidy=true ;;
        *) die "lint: unknown option '$1' (--tidy)" ;;
    esac
    setup run test check
    step 'lint: C++ layout' lint_layout "$ROOT" || code=1
    step 'lint: shell' lint_shell "$ROOT" || code=1
    step 'lint: Python' lint_python "$ROOT" || code=1
    step 'lint: project rules' lint_style "$ROOT" || code=1
    step 'lint: the linters report planted defects' "$ROOT/tools/lint_selftest" || code=1
    if $tidy; then step 'lint: clang-tidy' lint_tidy all || code=1; fi
    return "$code"
}

format() {
    setup run check
    local files
    mapfile -t files < <(if (($#)); then printf '%s\n' "$@"; else cxx_files "$ROOT"; fi)
    clang-format-19 --style="file:$ROOT/.clang-format" -i "${files[@]}"
}
