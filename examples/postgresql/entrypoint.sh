#!/bin/sh
# Makes a database cluster on the first start, gives up root, and becomes the server.
set -e
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chown -R postgres:postgres "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --auth-local=trust --auth-host=trust --username=postgres --encoding=UTF8 >/dev/null
    echo "host all all all trust" >>"$PGDATA/pg_hba.conf"
fi
exec "$@"
