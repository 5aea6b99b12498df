#!/bin/sh
# Starts a PostgreSQL of its own in a temporary folder and runs a command with GUICHET_TEST_POSTGRES set to its
# address. Without a command it prints the address and ends when its standard input does.
# With GUICHET_TEST_STANDBY set there are two: the second one follows the first, which confirms no COMMIT without it. Each
# line on the standard input is done and answered: `crash` ends the first at once, `promote` makes the second take writes.
# It exits with 77 where PostgreSQL is not installed (Debian: postgresql).
set -eu

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$bin" ]; then
    echo "PostgreSQL is not installed" >&2
    exit 77
fi

folder=$(mktemp -d)
port=${GUICHET_TEST_POSTGRES_PORT:-0}
# PostgreSQL does not run as root.
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
    # Where only root may write to /dev/null, the others get one of their own.
    if ! as test -w /dev/null; then
        if [ -z "${GUICHET_TEST_OWN_MOUNTS:-}" ]; then
            rmdir "$folder"
            GUICHET_TEST_OWN_MOUNTS=1 exec unshare --mount "$0" "$@"
        fi
        mknod "$folder/null" c 1 3
        chmod 666 "$folder/null"
        mount --bind "$folder/null" /dev/null
    fi
else
    as() { "$@"; }
fi
if [ "$port" = 0 ]; then
    port=$((20000 + $$ * 7 % 9000))
fi

as "$bin/initdb" -D "$folder/data" -A trust -U guichet --locale=C -E UTF8 > "$folder/init.log" 2>&1
# It takes TLS from those who ask for it, with the certificate of the tests.
for file in server.pem server.key; do
    cp "$(dirname "$0")/common/tls/$file" "$folder/data/$file"
    chmod 600 "$folder/data/$file"
    [ "$(id -u)" != 0 ] || chown postgres "$folder/data/$file"
done
cat >> "$folder/data/postgresql.conf" << 'END'
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
END
as "$bin/pg_ctl" -D "$folder/data" -s -w -t 60 -l "$folder/log" -o "-p $port -c listen_addresses=127.0.0.1,127.0.0.2 \
    -c unix_socket_directories= -c max_connections=400 -c fsync=${GUICHET_TEST_FSYNC:-off}" start > /dev/null
stop() {
    as "$bin/pg_ctl" -D "$folder/data" -s -m immediate stop > /dev/null 2>&1 || true
    [ ! -d "$folder/standby" ] || as "$bin/pg_ctl" -D "$folder/standby" -s -m immediate stop > /dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

GUICHET_TEST_POSTGRES="postgres://guichet@127.0.0.1:$port/postgres"
export GUICHET_TEST_POSTGRES
if [ -n "${GUICHET_TEST_STANDBY:-}" ]; then
    second=$((port + 1000))
    as "$bin/pg_basebackup" -h 127.0.0.1 -p "$port" -U guichet -D "$folder/standby" -R -c fast -X stream > "$folder/base.log" 2>&1
    as "$bin/pg_ctl" -D "$folder/standby" -s -w -t 60 -l "$folder/log2" -o "-p $second -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories= -c max_connections=400 -c fsync=off" start > /dev/null
    psql -q -d "$GUICHET_TEST_POSTGRES" -c "ALTER SYSTEM SET synchronous_standby_names = '*'" -c "SELECT pg_reload_conf()" \
        > /dev/null
    echo "postgres://guichet@127.0.0.1:$port,127.0.0.1:$second/postgres"
    while read -r line; do
        case $line in
            crash) as "$bin/pg_ctl" -D "$folder/data" -s -m immediate stop ;;
            # There is no other standby that could confirm a COMMIT.
            promote)
                echo "synchronous_standby_names = ''" >> "$folder/standby/postgresql.auto.conf"
                as "$bin/pg_ctl" -D "$folder/standby" -s -w promote > /dev/null
                as "$bin/pg_ctl" -D "$folder/standby" -s reload
                ;;
        esac
        echo done
    done
elif [ $# -gt 0 ]; then
    "$@"
else
    echo "$GUICHET_TEST_POSTGRES"
    cat > /dev/null
fi
