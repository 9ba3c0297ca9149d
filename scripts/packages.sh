# What the machine must have. Debian and Ubuntu install it; elsewhere the missing things are named.

sudo_maybe() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

have_package() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }

# ICU's package carries its version in its name (libicu72 on Debian 12); any will do.
icu_package() { apt-cache pkgnames libicu 2>/dev/null | grep -E '^libicu[0-9]+$' | sort -V | tail -n 1; }

# tcmalloc's is called otherwise where time_t has 64 bits (Debian 13, Ubuntu 24.04).
tcmalloc_package() { apt-cache pkgnames libtcmalloc-minimal4 2>/dev/null | grep -E '^libtcmalloc-minimal4(t64)?$' | sort | tail -n 1; }

missing_packages() {
  local package
  for package in "$@"; do have_package "$package" || printf '%s\n' "$package"; done
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    die "these packages are missing and neither root nor sudo is at hand: ${missing[*]}"
  fi
  say "installing ${missing[*]}"
  sudo_maybe env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  sudo_maybe env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$DATA/logs/apt.log" 2>&1 \
    || die "apt-get could not install ${missing[*]}: see $DATA/logs/apt.log"
}

# Debian makes a cluster with each server it installs; the studio has its own, so that none is wanted.
prepare_postgres_package() {
  have_package postgresql && return
  install_packages postgresql-common
  sudo_maybe sh -c "grep -q '^create_main_cluster = false' /etc/postgresql-common/createcluster.conf 2>/dev/null || {
    sed -i '/create_main_cluster/d' /etc/postgresql-common/createcluster.conf; echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf; }"
}

ensure_dotnet() {
  command -v dotnet >/dev/null || PATH="$PATH:$HOME/.dotnet:/usr/share/dotnet:/usr/lib/dotnet"
  if command -v dotnet >/dev/null && dotnet --list-sdks | grep -q '^10\.'; then return; fi
  if apt-cache show dotnet-sdk-10.0 >/dev/null 2>&1; then install_packages dotnet-sdk-10.0; return; fi
  die "the .NET 10 SDK is missing and no package source here has it. Install it with:
  curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0
and run ./studio again."
}

# ensure_packages run|test
ensure_packages() {
  if ! command -v apt-get >/dev/null; then
    local tool lacking=""
    for tool in dotnet g++ make cmake curl; do command -v "$tool" >/dev/null || lacking+=" $tool"; done
    [ -n "$(pg_bin)" ] || lacking+=" postgresql"
    [ -z "$lacking" ] || die "only Debian and Ubuntu are installed for; this machine lacks:$lacking (and libtorch with its headers must be found by cmake)"
    return
  fi
  local wanted=(g++ make cmake curl ca-certificates libtorch-dev libopenblas0-pthread postgresql)
  [ "$1" = test ] && wanted+=(chromium fonts-dejavu-core)
  if [ -n "$(missing_packages "${wanted[@]}")" ]; then prepare_postgres_package; fi
  install_packages "${wanted[@]}"
  if ! ldconfig -p | grep -q 'libicuuc\.so'; then install_packages "$(icu_package)"; fi
  if [ -z "$(allocator)" ]; then install_packages "$(tcmalloc_package)"; fi
  ensure_dotnet
}
