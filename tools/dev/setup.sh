# shellcheck shell=bash
# Installs the Debian packages of tools/packages.txt, and only what is missing.

packages_of() { # GROUP...
    local group
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' "$ROOT/tools/packages.txt"
    done | sort -u
}

missing_packages() { # GROUP...
    local package
    for package in $(packages_of "$@"); do
        [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
    done
}

# Costs one comparison while the list has not changed since the last success.
setup() { # GROUP... (none: all of them)
    (($#)) || set -- run up test check bench
    local group stamp list="$ROOT/tools/packages.txt" due=()
    mkdir -p "$ROOT/build"
    for group in "$@"; do
        [[ $group =~ ^(run|up|test|check|bench)$ ]] || die "setup: unknown group '$group' (run, up, test, check, bench)"
        stamp="$ROOT/build/.setup-$group"
        cmp -s "$list" "$stamp" || due+=("$group")
    done
    ((${#due[@]})) || return 0
    install_missing "${due[@]}"
    for group in "${due[@]}"; do cp "$list" "$ROOT/build/.setup-$group"; done
}

install_missing() { # GROUP...
    command -v dpkg-query >/dev/null || die "setup: this is not Debian; install what tools/packages.txt lists yourself"
    local missing as_root=()
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    say "setup: missing for $*: ${missing[*]}"
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null || ! sudo -v; then
            die "setup: neither root nor sudo; as root: apt-get install --no-install-recommends ${missing[*]}"
        fi
        as_root=(sudo)
    fi
    # A policy that answers 101 keeps packages from starting their services; one that stands already is left alone.
    local policy=/usr/sbin/policy-rc.d made=false
    if [[ ! -e $policy ]]; then
        made=true
        # shellcheck disable=SC2064  # the words of now are wanted
        trap "${as_root[*]} rm -f $policy" EXIT
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
    fi
    "${as_root[@]}" apt-get update || die "setup: apt-get update failed; is the network there?"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}" || die "setup: apt-get install failed"
    if $made; then
        "${as_root[@]}" rm -f "$policy"
        trap - EXIT
    fi
    [[ " ${missing[*]} " != *" prometheus"* ]] ||
        say "setup: prometheus and its exporters are here for the tests; if their services were enabled:" \
            "systemctl disable --now prometheus prometheus-{mysqld,redis,node}-exporter"
    [[ " ${missing[*]} " != *" redis-server "* ]] ||
        say "setup: redis-server is here for the tests, which start their own; if its service was enabled:" \
            "systemctl disable --now redis-server"
}
