# All tests, one project after the other (the machines that run them have few cores); the last line is the sum.

run_tests() {
  local project summary passed=0 failed=0 skipped=0 projects=("$@")
  build_native
  dotnet build PeftStudio.sln -c Debug -v quiet -nologo -clp:NoSummary >"$DATA/logs/build-test.log" 2>&1 \
    || { grep -E 'error' "$DATA/logs/build-test.log" | sort -u | head -n 40; die "the solution did not build"; }
  if [ ${#projects[@]} -eq 0 ]; then
    mapfile -t projects < <(ls tests/*.Tests/*.csproj | xargs -n 1 basename -s .csproj)
    if dotnet format PeftStudio.sln --verify-no-changes --no-restore >"$DATA/logs/format.log" 2>&1; then passed=1; else
      failed=1; head -n 40 "$DATA/logs/format.log"; printf 'dotnet format --verify-no-changes: failed\n'; fi
  fi
  for project in "${projects[@]}"; do
    local log="$DATA/logs/$project.log" rc=0
    printf '== %s\n' "$project"
    dotnet test "tests/$project/$project.csproj" --no-build -c Debug --nologo --logger 'console;verbosity=normal' >"$log" 2>&1 || rc=$?
    grep -E '^ *(Failed|Skipped) |^ *Error Message|^ *(Assert|Shouldly)' -A 12 "$log" | grep -vE '^ *Passed ' | head -n 200 || true
    local counts
    counts=$(sed -nE 's/^ *(Passed|Failed|Skipped): *([0-9]+)$/\1 \2/p' "$log")
    local p f s
    p=$(awk '$1 == "Passed" {n = $2} END {print n + 0}' <<<"$counts")
    f=$(awk '$1 == "Failed" {n = $2} END {print n + 0}' <<<"$counts")
    s=$(awk '$1 == "Skipped" {n = $2} END {print n + 0}' <<<"$counts")
    # A run that broke off, or that ran nothing, is a failure of its own.
    if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; tail -n 30 "$log"; fi
    if [ $((p + f + s)) -eq 0 ]; then f=1; printf '%s ran no test\n' "$project"; tail -n 10 "$log"; fi
    printf '   %s passed, %s failed, %s skipped\n' "$p" "$f" "$s"
    passed=$((passed + p)); failed=$((failed + f)); skipped=$((skipped + s))
  done
  if [ "$skipped" -gt 0 ]; then printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
  else printf '%s passed, %s failed\n' "$passed" "$failed"; fi
  [ "$failed" -eq 0 ]
}
