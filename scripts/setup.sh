#!/bin/sh
# Installs what is missing so that ucmesh can be started or tested, and nothing else:
#
#   scripts/setup.sh packages   npm packages and the Node runtime pinned among them
#   scripts/setup.sh start      also what `npm start` needs from Debian
#   scripts/setup.sh test       also what `npm test` needs from Debian
#
# Runs with any POSIX shell and any Node since 18, before anything of this project is installed. Does nothing, quickly, when
# nothing is missing. Everything it says goes to standard error: standard output belongs to the command that follows.
set -eu

purpose=${1:-start}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "$@"
  exit 1
}

case $purpose in
  packages | start | test) ;;
  *) fail "unknown purpose \"$purpose\"; it is one of: packages, start, test" ;;
esac

# npm puts node_modules/.bin first. What installs that folder must not run from inside it.
outer_path=''
IFS=:
for entry in $PATH; do
  case $entry in
    */node_modules/.bin | */node-gyp-bin) ;;
    *) outer_path=$outer_path${outer_path:+:}$entry ;;
  esac
done
unset IFS
PATH=$outer_path:/usr/sbin:/sbin
export PATH

# --- What is needed from Debian: package, a command it brings (or a file), services it would start, and why. ----------------
needs() {
  if [ "$purpose" != packages ]; then
    echo 'redis-server|redis-server|redis-server|carries what the servers tell each other'
  fi
  if [ "$purpose" = test ]; then
    echo 'redis-sentinel|redis-sentinel|redis-sentinel|fail-over is tested with real sentinels'
    echo 'openssl|openssl||makes the certificates for tests of TLS'
    echo 'chromium|chromium||the pages are tested in a real browser'
    echo 'sip-tester|sipp||plays phones and trunks against the SIP edge'
    echo 'baresip-core|baresip||is a real phone that registers and answers'
    echo 'libxml2-utils|xmllint||reads the settings of phones as strictly as phones may'
    echo 'fonts-liberation|/usr/share/fonts/truetype/liberation||the pages are tested with real letters'
  fi
}

is_there() {
  case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

missing_needs() {
  needs | while IFS='|' read -r package probe services reason; do
    is_there "$probe" || echo "$package|$probe|$services|$reason"
  done
}

is_debian() {
  command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1 &&
    [ -r /etc/os-release ] && grep -Eq '^ID(_LIKE)?="?([a-z]* )*debian' /etc/os-release
}

# The newest Node may be pinned here; the machine's own only has to run npm.
runs_pinned_node() {
  [ -x node_modules/.bin/node ] || return 1
  [ "$(node_modules/.bin/node --version 2>/dev/null)" = "v$(pinned_node)" ]
}

pinned_node() { sed -n 's/^ *"node": "\([0-9][0-9.]*\)",\{0,1\}$/\1/p' package.json | head -n 1; }

# Compares what npm says it has put into node_modules with the lock file, package by package.
packages_match_lock() {
  [ -f node_modules/.package-lock.json ] || return 1
  node - <<'SCRIPT'
const { readFileSync } = require('fs');
const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
const locked = packages('package-lock.json');
const installed = packages('node_modules/.package-lock.json');
const differs = ([path, { version, integrity, optional, link }]) =>
  path !== '' && !link && (installed[path] ? installed[path].version !== version || installed[path].integrity !== integrity : !optional);
process.exit(Object.entries(locked).some(differs) || Object.keys(installed).some((path) => !locked[path]) ? 1 : 0);
SCRIPT
}

# --- Installing. ------------------------------------------------------------------------------------------------------------

# Debian starts the service of every package it installs, unless this file says no. One that was there before is put back.
policy=/usr/sbin/policy-rc.d
kept_policy=/usr/sbin/policy-rc.d.before-ucmesh-setup

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

forbid_service_starts() {
  restore_service_starts
  if [ -e $policy ] || [ -L $policy ]; then as_root mv $policy $kept_policy; fi
  printf '#!/bin/sh\n# ucmesh-setup: services must not start while packages are installed\nexit 101\n' |
    as_root tee $policy >/dev/null
  as_root chmod 755 $policy
}

restore_service_starts() {
  if [ -f $policy ] && grep -q '^# ucmesh-setup:' $policy; then as_root rm -f $policy; fi
  if [ -e $kept_policy ] || [ -L $kept_policy ]; then as_root mv $kept_policy $policy; fi
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q ' installed$'; }

# A service that came with a package is not to start at the next boot either.
disable_service() {
  if command -v deb-systemd-helper >/dev/null 2>&1; then as_root deb-systemd-helper disable "$1.service" >/dev/null 2>&1 || true; fi
  if command -v update-rc.d >/dev/null 2>&1; then as_root update-rc.d "$1" disable >/dev/null 2>&1 || true; fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
    apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >&2
}

install_debian_packages() {
  wanted=$1
  names=$(echo "$wanted" | cut -d '|' -f 1 | tr '\n' ' ')
  say 'these Debian packages are missing:'
  echo "$wanted" | while IFS='|' read -r package probe services reason; do say "  $package - $reason"; done
  is_debian || fail 'installing them by itself works on Debian only: please install what they contain, then try again'
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || fail "neither root nor sudo: please run as root: apt-get install $names"
    say 'installing needs root; sudo may ask for your password'
    sudo -n true 2>/dev/null || sudo -v || fail "sudo refused: please run as root: apt-get install $names"
  fi

  new_services=''
  for service in $(echo "$wanted" | cut -d '|' -f 3); do
    is_installed "$service" || new_services="$new_services $service"
  done
  trap restore_service_starts EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  forbid_service_starts
  say 'installing with apt-get, without starting their services'
  # shellcheck disable=SC2086 # a list of names
  if ! apt install --no-install-recommends $names; then
    say 'not found as the lists of packages stand; reading them anew (apt-get update)'
    apt update
    # shellcheck disable=SC2086
    apt install --no-install-recommends $names || fail "apt-get could not install: $names"
  fi
  for service in $new_services; do disable_service "$service"; done
  restore_service_starts
  trap - EXIT INT TERM HUP
}

install_npm_packages() {
  say 'installing the npm packages of package-lock.json (npm ci); the first time this takes a minute or two'
  npm ci --loglevel=error --no-audit --no-fund >&2 || fail 'npm ci failed; see above'
}

# Some versions of npm run no install script of a package without asking; this is what the script of package "node" does.
install_pinned_node() {
  say "fetching Node $(pinned_node), on which everything here runs; the machine's own stays as it is"
  (cd node_modules/node && node installArchSpecificPackage.js >&2) || fail "Node $(pinned_node) could not be installed"
  rm -rf node_modules/node/node_modules
  runs_pinned_node || fail "node_modules/.bin/node is not Node $(pinned_node) on this machine ($(uname -sm))"
}

# --- What to do. ------------------------------------------------------------------------------------------------------------
for tool in node npm; do
  command -v $tool >/dev/null 2>&1 || fail "$tool is missing; on Debian: apt-get install npm"
done

if [ -z "$(missing_needs)" ] && packages_match_lock && runs_pinned_node; then exit 0; fi

# Only one at a time: two commands that are started together must not install over each other.
if [ -z "${UCMESH_SETUP_LOCKED:-}" ] && command -v flock >/dev/null 2>&1; then
  exec env UCMESH_SETUP_LOCKED=1 flock "$root/scripts/setup.sh" sh "$root/scripts/setup.sh" "$purpose"
fi

missing=$(missing_needs)
[ -z "$missing" ] || install_debian_packages "$missing"
packages_match_lock || install_npm_packages
runs_pinned_node || install_pinned_node
say 'everything needed is there'
