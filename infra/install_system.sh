#!/bin/sh
# Brings what pip cannot: bubblewrap and the small system tools of the sandbox. Does nothing when all are there.
set -eu

needed="bwrap setpriv prlimit timeout tar find"
packages="bubblewrap util-linux coreutils tar findutils"

missing=""
for tool in $needed; do
    command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
# Debian's python3 comes without the module that makes virtual environments; infra/setup.sh asks for it when it is missing.
if [ "${1:-}" = python-venv ]; then
    missing="$missing python3-venv"
    packages="$packages python3-venv"
fi
if [ -z "$missing" ]; then
    echo "system tools: all present ($(bwrap --version))"
    exit 0
fi

by_hand() {
    echo "system tools missing:$missing" >&2
    echo "$1" >&2
    echo "As root: apt-get install $packages   (Fedora: dnf install bubblewrap util-linux; Alpine: apk add bubblewrap util-linux-misc coreutils tar)" >&2
    exit 1
}

if ! command -v apt-get >/dev/null 2>&1; then
    by_hand "This system has no apt-get; install them with its own package manager."
fi
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    by_hand "Installing them needs root, or sudo without a password."
fi

echo "system tools missing:$missing; installing $packages"
export DEBIAN_FRONTEND=noninteractive
# The package lists may be absent (fresh container) or stale; a failed refresh is no reason to give up yet.
# shellcheck disable=SC2086 # empty as_root must vanish, and packages are several words
$as_root apt-get update -qq || echo "apt-get update failed; trying with the lists at hand" >&2
# shellcheck disable=SC2086
$as_root apt-get install -y -qq --no-install-recommends $packages >/dev/null || by_hand "apt-get could not install them; see its message above."
echo "system tools: installed ($(bwrap --version))"
