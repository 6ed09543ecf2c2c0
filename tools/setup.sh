#!/usr/bin/env bash
# Makes a bare checkout buildable: Debian packages, uv in its own environment, and .venv from the hash-pinned lock.
#
#   tools/setup.sh          everything that `make build` and `make test` need
#   tools/setup.sh fuzz     also clang and its sanitizer runtime, for `make fuzz`
#
# Idempotent: a second run with nothing to do prints nothing. Every step that does something prints one line with its
# seconds; its full output is under build/logs/. The Python is always the system's, whatever else is first on the PATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$(pwd -P)
PYTHON=/usr/bin/python3
STAMP=.venv/.icefield-stamp
STEPS_NAME=setup
. tools/steps.sh

# A function that `step` runs chains its commands: inside a condition, set -e does not end it.

# --- Debian packages ---------------------------------------------------------------------------------------------

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

install_packages() {
  "${AS_ROOT[@]}" apt-get -q update || echo 'apt-get update failed; trying with the package lists that are there'
  "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 --no-install-recommends install "$@"
}

# Sets AS_ROOT to what runs a command as root, or ends with the one sentence that a person needs.
find_root() {
  AS_ROOT=()
  [ "$(id -u)" -ne 0 ] || return 0
  local by_hand="as root, run: apt-get install $*"
  command -v sudo >/dev/null || die "Debian packages are missing and neither root nor sudo is here; $by_hand"
  AS_ROOT=(sudo -n)
  sudo -n true 2>/dev/null && return 0
  [ -t 0 ] || die "Debian packages are missing and sudo wants a password that nobody can type here; $by_hand"
  sudo -v || die "Debian packages are missing and sudo refused; $by_hand"
}

require_packages() {
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    die "this set-up knows Debian 12 or newer and Ubuntu 24.04 or newer, and finds no apt-get on this machine"
  local missing
  read -ra missing <<<"$(missing_packages "$@")"
  [ ${#missing[@]} -gt 0 ] || return 0
  find_root "${missing[@]}"
  step setup-packages "Debian packages (${#missing[@]} to install)" install_packages "${missing[@]}"
}

# The sanitizer runtime is named after clang's version, which differs between releases.
require_fuzz_packages() {
  local version
  version=$(apt-cache depends clang 2>/dev/null | sed -n 's/^ *Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)
  [ -n "$version" ] || die "no package \"clang\" is known to apt-get; run apt-get update as root, then again"
  require_packages clang "libclang-rt-$version-dev"
}

# --- Python ------------------------------------------------------------------------------------------------------

check_python() {
  [ -x $PYTHON ] || die "there is no $PYTHON"
  $PYTHON -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' ||
    die "$PYTHON is $($PYTHON -V 2>&1), Icefield needs Python 3.11 to 3.14 (Debian 12 or Ubuntu 24.04 and newer)"
}

# A machine that trusts an own certificate authority, or has a package mirror, says so to the system and to pip; uv
# reads neither by itself.
follow_the_machine() {
  local bundle=/etc/ssl/certs/ca-certificates.crt index
  if [ -r $bundle ]; then export PIP_CERT="${PIP_CERT:-$bundle}"; fi
  export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}" UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
  unset VIRTUAL_ENV PYTHONPATH PYTHONHOME
  if [ -n "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] || [ ! -x .uv/bin/python ]; then return 0; fi
  index=$(.uv/bin/python -m pip config list 2>/dev/null | sed -n "s/^.*\.index-url='\(.*\)'$/\1/p" | head -n 1)
  if [ -n "$index" ]; then export UV_DEFAULT_INDEX="$index"; fi
}

make_uv() {
  rm -rf .uv &&
    $PYTHON -m venv .uv &&
    .uv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
      -r requirements/uv.txt &&
    sha256sum requirements/uv.txt >.uv/.icefield-stamp
}

# True when .venv belongs to this folder and to the system's Python, so that it can be brought up to date in place.
venv_is_ours() {
  [ -x .venv/bin/python ] && grep -qsF "$ROOT/.venv" .venv/bin/activate &&
    [ "$(.venv/bin/python -c 'import sys; print(sys.base_prefix, sys.version)' 2>&1)" = \
      "$($PYTHON -c 'import sys; print(sys.base_prefix, sys.version)')" ]
}

make_venv() {
  { venv_is_ours || .uv/bin/uv venv --quiet --clear --python $PYTHON .venv; } &&
    .uv/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python requirements/dev.txt &&
    link_package
}

# The working tree is the installed package: what the build leaves in python/icefield is what the tests import.
link_package() {
  local packages
  packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') &&
    printf '%s\n' "$ROOT/python" >"$packages/icefield-checkout.pth" || return
  printf '#!%s\nimport sys\n\nfrom icefield.cli import main\n\nsys.exit(main())\n' "$ROOT/.venv/bin/python" \
    >.venv/bin/icefield &&
    chmod +x .venv/bin/icefield
}

# What .venv depends on, as one line; equal lines mean that nothing is to be done.
fingerprint() {
  { printf '%s\n' "$ROOT"; $PYTHON -VV; cat requirements/uv.txt requirements/dev.txt tools/setup.sh; } |
    sha256sum
}

main() {
  export HOME="${HOME:-$ROOT/build}"
  mkdir -p $LOGS 2>/dev/null && [ -w $LOGS ] && [ -w . ] ||
    die "$(id -un) may not write in $ROOT and its build/, which belong to $(stat -c %U . build 2>/dev/null | xargs)"
  exec 9>build/.setup-lock
  if command -v flock >/dev/null; then flock 9; fi
  local packages
  mapfile -t packages < <(grep -v '^#' requirements/debian.txt)
  require_packages "${packages[@]}"
  if [ "${1:-}" = fuzz ]; then require_fuzz_packages; fi
  check_python
  if [ "$(cat $STAMP 2>/dev/null)" = "$(fingerprint)" ] && [ -x .venv/bin/python ]; then return 0; fi
  follow_the_machine
  sha256sum --check --status .uv/.icefield-stamp 2>/dev/null && .uv/bin/uv --version >/dev/null 2>&1 ||
    step setup-uv "uv, the installer (into .uv)" make_uv
  follow_the_machine
  step setup-venv "Python packages, hash-checked (into .venv)" make_venv
  fingerprint >$STAMP
}

main "$@"
