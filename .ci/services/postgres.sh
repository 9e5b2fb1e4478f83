#!/usr/bin/env bash
# Starts a private PostgreSQL for the tests, on a socket of its own, and prints how an administrator reaches it.
set -euo pipefail
source "$(dirname "$0")/../debian.sh"

folder=${ASSAY_POSTGRES:-${TMPDIR:-/tmp}/assay-postgres-$(id -u)}

find_programs() {
    local programs=""
    for found in /usr/lib/postgresql/*/bin; do [ -x "$found/initdb" ] && programs=$found; done
    if [ -z "$programs" ] && command -v initdb >/dev/null; then programs=$(dirname "$(readlink -f "$(command -v initdb)")"); fi
    echo "$programs"
}

programs=$(find_programs)
if [ -z "$programs" ]; then
    # The package would start a cluster of its own; this one is not wanted.
    as_root mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.d/assay.conf >/dev/null
    install_packages postgresql
    programs=$(find_programs)
fi

# The server refuses to run as root.
as_owner=()
if [ "$(id -u)" = 0 ]; then as_owner=(setpriv --reuid=postgres --regid=postgres --init-groups); fi

mkdir -p "$folder"
chmod 755 "$folder"
if [ ${#as_owner[@]} -gt 0 ]; then chown postgres: "$folder"; fi
if [ ! -f "$folder/data/PG_VERSION" ]; then
    "${as_owner[@]}" "$programs/initdb" --pgdata="$folder/data" --username=assay --auth=trust --encoding=UTF8 \
        --locale=C --no-sync >&2
fi
if ! "${as_owner[@]}" "$programs/pg_ctl" --pgdata="$folder/data" status >/dev/null 2>&1; then
    "${as_owner[@]}" "$programs/pg_ctl" --pgdata="$folder/data" --wait --timeout=60 --log="$folder/log" \
        --options="-c listen_addresses='' -c unix_socket_directories='$folder' -c fsync=off -c max_connections=100" \
        start >&2
fi
echo "ASSAY_TEST_POSTGRES=postgresql://assay@/postgres?host=$folder"
