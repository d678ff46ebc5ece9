# Shared by ./tieout and ./test, which source it after setting `here` and `called`.
# Promise: set_up core|dev leaves a complete .venv in this folder, or ends with one sentence.
# Nothing goes to stdout, nothing is written outside the folder, and nothing is fetched once the
# stamp in .venv says that all is there.

say() { printf '%s\n' "$called: $*" >&2; }

# A user's own Python settings must not reach into this environment.
unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
export PIP_USER=0 PIP_CACHE_DIR="$here/.cache/pip" UV_CACHE_DIR="$here/.cache/uv"
export UV_PYTHON_INSTALL_DIR="$here/.cache/python" PIP_DISABLE_PIP_VERSION_CHECK=1

venv=$here/.venv
lock=$here/.tieout-setup
unavailable=69
cannot_store=74

# What the environment was made of: a change of any of it makes it anew.
wanted_stamp() {
    printf '%s %s' "$(cat "$here/pyproject.toml" "$here/constraints.txt" \
        "$here/constraints-dev.txt" "$here/setup.sh" | cksum)" "$here"
}

# ready core|dev: is the environment complete, and is its Python the one it was made with?
ready() {
    [ -f "$venv/.tieout-$1" ] || return 1
    { IFS= read -r stamp && IFS= read -r version; } <"$venv/.tieout-$1" || return 1
    [ "$stamp" = "$(wanted_stamp)" ] && [ "$version" = "$(minor_version "$venv/bin/python")" ]
}

# "Python 3.11.2" -> "Python 3.11": a patch release of the system's Python changes nothing.
minor_version() {
    found=$("$1" -V 2>/dev/null) || return 1
    printf '%s' "${found%.*}"
}

set_up() {
    ready "$1" && return
    take_lock
    if ! ready "$1"; then
        ready core || new_environment
        install_packages "$1"
        write_stamp "$1"
    fi
    release_lock
}

# --- one set-up at a time -------------------------------------------------------------------

take_lock() {
    waited=0
    until mkdir "$lock" 2>/dev/null; do
        if [ ! -d "$lock" ]; then
            say "cannot write to $here; give yourself the right to, or free some space"
            exit $cannot_store
        fi
        owner=$(cat "$lock/pid" 2>/dev/null) || owner=
        if [ -n "$owner" ] && ! is_alive "$owner"; then
            clear_stale_lock "$owner"
        elif [ -z "$owner" ] && [ $waited -ge 10 ]; then
            clear_stale_lock ""
        else
            [ $waited -gt 0 ] || say "another set-up is running here; waiting for it"
            waited=$((waited + 1))
            if [ $waited -gt 900 ]; then
                say "the other set-up has not ended in 15 minutes; end it (process $owner) and try again"
                exit $unavailable
            fi
            sleep 1
        fi
    done
    trap release_lock EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    echo $$ >"$lock/pid"
}

is_alive() { kill -0 "$1" 2>/dev/null || [ -d "/proc/$1" ]; }

# Moved aside first: two who find it stale must not remove a third one's new lock.
clear_stale_lock() {
    aside=$lock.$$
    mv "$lock" "$aside" 2>/dev/null || return 0
    if [ "$(cat "$aside/pid" 2>/dev/null)" = "$1" ]; then
        rm -rf "$aside"
    else
        mv "$aside" "$lock"
    fi
}

release_lock() {
    trap - EXIT INT TERM HUP
    rm -rf "$lock"
}

# --- the environment ------------------------------------------------------------------------

new_environment() {
    say "setting up (once) in .venv; needs the package index"
    rm -rf "$venv"
    python=$(find_python) || python=
    if command -v uv >/dev/null 2>&1; then
        say "making .venv with uv"
        uv venv -q --no-project --python "${python:->=3.11}" "$venv" >&2 && return
        say "uv could not; trying python -m venv"
        rm -rf "$venv"
    fi
    if [ -z "$python" ]; then
        say "needs Python 3.11 or newer, and found none: install it (Debian: sudo apt install python3), or install uv"
        exit $unavailable
    fi
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        say "this Python cannot make environments: run sudo apt install $(basename "$python")-venv (or install uv), then try again"
        exit $unavailable
    fi
    say "making .venv with $("$python" -V 2>&1)"
    "$python" -m venv "$venv" >&2 || failed "making .venv"
}

# The first Python that is new enough; one that can make environments goes first.
find_python() {
    for needs in 'import ensurepip, venv' ''; do
        for name in python3 python3.11 python3.12 python3.13 python3.14; do
            "$name" -c "$needs
import sys
sys.exit(sys.version_info < (3, 11) or print(sys.executable))" 2>/dev/null && return
        done
    done
    return 1
}

# Everything is pinned with its hash, so what is installed is what was tested.
install_packages() {
    if [ "$1" = dev ]; then list=constraints-dev.txt; else list=constraints.txt; fi
    say "installing the packages named in $list"
    if command -v uv >/dev/null 2>&1 &&
        uv pip install -q --python "$venv/bin/python" --require-hashes \
            -r "$here/$list" >&2; then
        :
    else
        "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >&2
        "$venv/bin/python" -m pip install -q --no-input --require-hashes -r "$here/$list" >&2 ||
            failed "installing packages"
    fi
    # A path file instead of an installed copy: no build step, and edits count at once.
    "$venv/bin/python" -c 'import sys, sysconfig, pathlib
pathlib.Path(sysconfig.get_path("purelib"), "tieout.pth").write_text(sys.argv[1] + "\n")' "$here" ||
        failed "installing the worker"
}

# Written last and moved into place: it is there only when everything else is.
write_stamp() {
    printf '%s\n%s\n' "$(wanted_stamp)" "$(minor_version "$venv/bin/python")" \
        >"$venv/.stamp" || failed "setting up"
    [ "$1" = core ] || cp "$venv/.stamp" "$venv/.tieout-core"
    mv "$venv/.stamp" "$venv/.tieout-$1"
}

failed() {
    say "$1 failed for the reason above; mend it and run this again"
    exit $unavailable
}
