# A private PostgreSQL of this checkout: a unix socket only, entered by its own user and by root.

pg_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

# The server refuses to run as root, and its user must be able to enter the data folder; a socket's path holds at most 107 bytes.
if [ "$(id -u)" = 0 ]; then
  PG_DATA="/var/lib/peftstudio/$INSTANCE"
  PG_SOCKET="/run/peftstudio-$INSTANCE"
  as_postgres() { (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@"); }
else
  PG_DATA="$DATA/postgres"
  PG_SOCKET="${XDG_RUNTIME_DIR:-/tmp}/peftstudio-$INSTANCE"
  as_postgres() { "$@"; }
fi

# A database elsewhere, by the environment or appsettings.json; empty: the private one.
database_elsewhere() {
  if [ -n "${ConnectionStrings__Studio:-}" ]; then printf '%s' "$ConnectionStrings__Studio"; return; fi
  sed -nE '/"ConnectionStrings"/,/\}/ s/^ *"Studio": *"([^"]*)".*/\1/p' appsettings.json | head -n 1
}

connection() {
  local elsewhere
  elsewhere=$(database_elsewhere)
  if [ -n "$elsewhere" ]; then printf '%s' "$elsewhere"; return; fi
  printf 'Host=%s;Database=peftstudio;Username=peftstudio' "$PG_SOCKET"
}

postgres_runs() { as_postgres "$(pg_bin)/pg_ctl" -D "$PG_DATA" status >/dev/null 2>&1; }

start_postgres() {
  [ -n "$(database_elsewhere)" ] && return
  local bin
  bin=$(pg_bin)
  [ -n "$bin" ] || die "PostgreSQL's server programs were not found under /usr/lib/postgresql"
  postgres_runs && return
  if [ "$(id -u)" = 0 ]; then
    install -d -m 755 /var/lib/peftstudio
    install -d -o postgres -g postgres -m 700 "$PG_DATA" "$PG_SOCKET"
    printf '%s' "$DATA" >"$PG_DATA.of"
  else
    mkdir -p -m 700 "$PG_DATA" "$PG_SOCKET"
  fi
  if [ ! -s "$PG_DATA/PG_VERSION" ]; then
    as_postgres "$bin/initdb" -D "$PG_DATA" -U peftstudio -A trust -E UTF8 --locale=C.UTF-8 >"$DATA/logs/initdb.log" 2>&1 || die "initdb failed: see $DATA/logs/initdb.log"
  fi
  as_postgres "$bin/pg_ctl" -D "$PG_DATA" -w -t 60 -l "$PG_DATA/server.log" \
    -o "-c listen_addresses='' -c unix_socket_directories='$PG_SOCKET' -c max_connections=200" start >/dev/null \
    || die "PostgreSQL did not start: see $PG_DATA/server.log"
  as_postgres "$bin/psql" -h "$PG_SOCKET" -U peftstudio -d postgres -tAc "select 1 from pg_database where datname = 'peftstudio'" | grep -q 1 \
    || as_postgres "$bin/createdb" -h "$PG_SOCKET" -U peftstudio peftstudio
}

stop_postgres() {
  [ -n "$(database_elsewhere)" ] && return
  if [ -n "$(pg_bin)" ] && postgres_runs; then as_postgres "$(pg_bin)/pg_ctl" -D "$PG_DATA" -m fast -w stop >/dev/null; fi
}

# As root the database lies outside the checkout and stays when that is deleted: it is named, and removed by nobody but a person.
tell_of_databases() {
  if [ "$(id -u)" != 0 ] || [ -n "$(database_elsewhere)" ]; then return; fi
  local note folder
  if [ -d "$PG_DATA" ]; then say "its database stays in $PG_DATA"; fi
  for note in /var/lib/peftstudio/*.of; do
    folder=${note%.of}
    if [ -d "$folder" ] && [ ! -d "$(cat "$note")" ]; then
      say "$(cat "$note") is not there any more, and its database is still in $folder; if nobody wants it: rm -r $folder $note"
    fi
  done
}
