#!/usr/bin/env bash
# Installs the compilers and interpreters that the tests of the code verifiers run beside Python.
set -euo pipefail
source "$(dirname "$0")/../debian.sh"

provide gcc:gcc g++:g++ node:nodejs
