#!/bin/sh
# Makes a database where there is none, then becomes the server.
set -e
if [ ! -d /var/lib/mysql/mysql ]; then
    mariadb-install-db --auth-root-authentication-method=normal --skip-test-db --datadir=/var/lib/mysql >/dev/null
fi
exec "$@"
