# The web and the workers: each in a process group of its own, its number in .studio/run, its output in .studio/logs.

healthy() { curl -fsS -m 2 -o /dev/null "$ADDRESS/health/ready" 2>/dev/null; }

# A data folder has one studio: where it runs, its address counts, whatever port is set now.
take_running_address() {
  local address pid
  address=$(cat "$DATA/run/address" 2>/dev/null) && pid=$(cat "$DATA/run/web.pid" 2>/dev/null) || return 0
  if kill -0 "$pid" 2>/dev/null && ADDRESS=$address healthy; then ADDRESS=$address; fi
}

# supervise NAME COMMAND...: starts it again when it dies, with a growing pause, until it is stopped.
supervise() {
  local name=$1 pause=1
  shift
  printf '%s' "$BASHPID" >"$DATA/run/$name.pid"
  while true; do
    local child
    "$@" >>"$DATA/logs/$name.log" 2>&1 &
    child=$!
    trap 'kill -TERM "$child" 2>/dev/null; wait "$child" 2>/dev/null; exit 0' TERM
    wait "$child" && break
    printf 'studio: %s ended; starting it again in %s s\n' "$name" "$pause" >>"$DATA/logs/$name.log"
    sleep "$pause" &
    wait $!
    pause=$((pause < 30 ? pause * 2 : 30))
  done
  # It ended by itself: its number may soon be another process's.
  rm -f "$DATA/run/$name.pid"
}

launch() {
  export -f supervise
  DATA="$DATA" setsid bash -c 'supervise "$@"' supervise "$@" </dev/null >/dev/null 2>&1 &
  disown
}

start_all() {
  start_postgres
  local number
  export ConnectionStrings__Studio
  ConnectionStrings__Studio=$(connection)
  printf '%s' "$ADDRESS" >"$DATA/run/address"
  launch web dotnet "$BIN/Web/PeftStudio.Web.dll" --contentRoot "$PWD"
  local waited=0
  until healthy; do
    sleep 0.5
    waited=$((waited + 1))
    if [ $waited -gt 240 ]; then tail -n 20 "$DATA/logs/web.log" >&2; die "the web did not become healthy: see $DATA/logs/web.log"; fi
  done
  for number in $(seq "$(setting Workers)"); do
    worker_program worker --device "$(setting Device)" --threads "$(setting ThreadsPerWorker)"
    launch "worker-$number" "${WORKER[@]}"
  done
}

# Seconds that a worker has to end its step, or the export at hand, and to put its trial back: more than it allows itself.
LONGEST_END=70

stop_all() {
  local file pid
  for file in "$DATA"/run/*.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    kill -TERM "$pid" 2>/dev/null || true
  done
  for file in "$DATA"/run/*.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    wait_for_end "$(basename "$file" .pid)" "$pid"
    kill -KILL -- "-$pid" 2>/dev/null || true
    rm -f "$file"
  done
  rm -f "$DATA/run/address"
  stop_postgres
}

# wait_for_end NAME PID
wait_for_end() {
  local name=$1 pid=$2 tenth=0 limit=10
  case "$name" in worker-*) limit=$LONGEST_END ;; esac
  while kill -0 "$pid" 2>/dev/null; do
    if [ $tenth -ge $((limit * 10)) ]; then say "$name did not end within $limit s and was killed"; return; fi
    if [ $tenth -eq 30 ]; then say "waiting for $name to put back what it works on, at most $limit s"; fi
    sleep 0.1
    tenth=$((tenth + 1))
  done
}

# For commands that need a studio: one is started in the background and stays.
ensure_running() {
  ensure_packages run
  ensure_build
  healthy && return
  start_all
  say "PeftStudio runs at $ADDRESS (./studio down stops it)"
}

wait_for_processes() { while healthy || sleep 5 && healthy; do sleep 2; done; die "the web stopped answering: see $DATA/logs/web.log"; }
