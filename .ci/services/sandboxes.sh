#!/usr/bin/env bash
# Installs bubblewrap, Docker and gVisor, starts a private Docker engine with a Python image, and prints where it is.
#
# The engine is the tests' own, on a socket of its own: it knows gVisor whoever else runs an engine on this machine, and
# nobody has to be in Docker's group. Where DOCKER_HOST is set, that engine is used as it is.
set -euo pipefail
cd "$(dirname "$0")/../.."
source .ci/debian.sh

provide bwrap:bubblewrap mmdebstrap:mmdebstrap
provide runsc:runsc || echo "gVisor can't be installed here; its tests will say so" >&2
make --quiet setup-train >&2

with_engine() {
    .venv/bin/python -c "
import contextlib
from assay_docker.engine import Engine
with contextlib.closing(Engine.from_env(timeout=5)) as engine:
    $1"
}
answers() { with_engine 'engine.ping()' 2>/dev/null; }

if [ -z "${DOCKER_HOST:-}" ]; then
    provide dockerd:docker.io
    folder=${ASSAY_DOCKER:-${TMPDIR:-/tmp}/assay-docker-$(id -u)}
    export DOCKER_HOST=unix://$folder/socket
    echo "DOCKER_HOST=$DOCKER_HOST"
    if ! answers; then
        as_root true 2>/dev/null || {
            echo "To start an engine needs root, or sudo that asks for no password; or name in DOCKER_HOST one that runs."
            exit 1
        } >&2
        mkdir -p "$folder"
        if runsc=$(command -v runsc); then
            # Without a network stack: programs get no network anyway, and gVisor's own does not start on every kernel.
            echo '{"runtimes": {"runsc": {"path": "'"$runsc"'", "runtimeArgs": ["--network=none"]}}}'
        else
            echo '{}'
        fi >"$folder/settings.json"
        # What was killed has left its number, which by now may be another process's.
        as_root sh -c 'for file in "$0/pid" "$0/exec/containerd/containerd.pid"; do
            [ ! -e "$file" ] || grep -qaF "$0" "/proc/$(cat "$file")/cmdline" 2>/dev/null || rm "$file"
        done' "$folder"
        as_root dockerd --config-file="$folder/settings.json" --host="$DOCKER_HOST" --group="$(id -gn)" \
            --data-root="$folder/data" --exec-root="$folder/exec" --pidfile="$folder/pid" \
            --containerd-namespace=assay --containerd-plugins-namespace=assay-plugins \
            --bridge=none --iptables=false --ip6tables=false >"$folder/log" 2>&1 </dev/null &
        engine=$!
        for _ in $(seq 120); do
            if answers || ! [ -d "/proc/$engine" ]; then break; fi
            sleep 0.5
        done
    fi
    answers || { echo "no Docker engine could be started; the end of $folder/log:"; tail -n 20 "$folder/log"; exit 1; } >&2
fi
answers || { with_engine 'engine.ping()' 2>&1 | tail -n 1; echo "no Docker engine answers at $DOCKER_HOST"; exit 1; } >&2
if command -v runsc >/dev/null; then
    with_engine 'raise SystemExit("runsc" not in engine.info()["Runtimes"])' || {
        echo "the engine at $DOCKER_HOST does not know gVisor: register the runtime runsc in its daemon.json"
        exit 1
    } >&2
fi

with_engine 'engine.images.get("assay-python")' 2>/dev/null || .venv/bin/python -m assay_docker.image assay-python >&2
