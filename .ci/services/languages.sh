#!/usr/bin/env bash
# Installs the compilers and interpreters that the tests of the code verifiers run beside Python.
set -euo pipefail
exec 1>&2 # nothing here is a variable that tests need

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

missing=()
for need in gcc:gcc g++:g++ node:nodejs; do
    command -v "${need%%:*}" >/dev/null || missing+=("${need#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
    as_root apt-get -o DPkg::Lock::Timeout=600 update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq \
        --no-install-recommends "${missing[@]}" >/dev/null
fi
