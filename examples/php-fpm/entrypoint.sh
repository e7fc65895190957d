#!/bin/sh
# Starts the interpreter in the background and nginx in its place.
set -e
mkdir -p /run/php
php-fpm8.2 --nodaemonize &
exec nginx -g 'daemon off;'
