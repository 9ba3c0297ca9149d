# The native file and the solution. What is up to date is left alone, so that a second call is quick.

BIN="$PWD/artifacts/app"

sources_stamp() {
  find src migrations wwwroot Directory.Build.props Directory.Packages.props global.json -type f \
    -not -path '*/bin/*' -not -path '*/obj/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

build_native() { src/PeftStudio.Torch/native/build.sh >"$DATA/logs/native.log" 2>&1 || { tail -n 30 "$DATA/logs/native.log" >&2; die "the native file did not build: see $DATA/logs/native.log"; }; }

# Web's own build decides where Blazor's script comes from; see docs/decisions.
build_app() {
  local project
  for project in Web Worker; do
    dotnet publish "src/PeftStudio.$project" -c Release -o "$BIN/$project" -v quiet -nologo -clp:NoSummary >"$DATA/logs/build-$project.log" 2>&1 \
      || { grep -E 'error|warn' "$DATA/logs/build-$project.log" | sort -u | head -n 20 >&2; die "PeftStudio.$project did not build: see $DATA/logs/build-$project.log"; }
  done
}

ensure_build() {
  local stamp
  stamp=$(sources_stamp)
  if [ "$(cat artifacts/app/stamp 2>/dev/null)" = "$stamp" ]; then return; fi
  say "building (the first time takes some minutes)"
  build_native
  build_app
  printf '%s' "$stamp" >artifacts/app/stamp
}

# Where tcmalloc is, what trains allocates through it: glibc keeps holes among blocks as large as training's (docs/decisions/0026-training-allocates-through-tcmalloc.md).
allocator() { case "$(ldconfig -p 2>/dev/null)" in *libtcmalloc_minimal.so.4*) printf 'libtcmalloc_minimal.so.4' ;; esac; }

# worker_program COMMAND ...: the worker's program, as a command to run.
worker_program() { WORKER=(env LD_PRELOAD="${LD_PRELOAD-$(allocator)}" dotnet "$BIN/Worker/PeftStudio.Worker.dll" "$@"); }

# exec_tool COMMAND ...: the worker's command line, in the caller's folder, so that relative paths are the caller's.
exec_tool() { worker_program "$@"; cd "$CALLER"; exec "${WORKER[@]}"; }

# exec_connected COMMAND ...: the same with the studio's own database, unless the caller names one.
exec_connected() {
  local command=$1 argument
  shift
  for argument in "$@"; do
    case "$argument" in --connection|--connection[=:]*) exec_tool "$command" "$@" ;; esac
  done
  exec_tool "$command" --connection "$(connection)" "$@"
}
