#!/usr/bin/env bash
# Installs bubblewrap and a Docker engine with gVisor's runtime, starts the engine and gives it a Python image.
set -euo pipefail
exec 1>&2 # nothing here is a variable that tests need
cd "$(dirname "$0")/../.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
answers() { .venv/bin/python -c 'import docker; docker.from_env(timeout=5).ping()' 2>/dev/null; }

missing=()
for need in bwrap:bubblewrap dockerd:docker.io mmdebstrap:mmdebstrap runsc:runsc gcc:gcc; do
    command -v "${need%%:*}" >/dev/null || missing+=("${need#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
    as_root apt-get -o DPkg::Lock::Timeout=600 update -qq
    for package in "${missing[@]}"; do
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq \
            --no-install-recommends "$package" >/dev/null || echo "$package can't be installed here"
    done
fi

make --quiet setup-train
if ! answers && [ -z "${DOCKER_HOST:-}" ]; then
    # gVisor without a network stack: programs get no network anyway, and its own does not start on every kernel.
    settings=$(mktemp)
    if command -v runsc >/dev/null; then
        echo '{"runtimes": {"runsc": {"path": "'"$(command -v runsc)"'", "runtimeArgs": ["--network=none"]}}}'
    else
        echo '{}'
    fi >"$settings"
    as_root sh -c 'nohup dockerd --config-file "$0" >/var/log/dockerd.log 2>&1 </dev/null &' "$settings"
    for _ in $(seq 60); do
        if answers; then break; fi
        sleep 1
    done
fi
answers || { echo "no Docker engine answers; see /var/log/dockerd.log"; exit 1; }

image='import docker; docker.from_env().images.get("assay-python")'
.venv/bin/python -c "$image" 2>/dev/null || .venv/bin/python -m assay_docker.image assay-python
