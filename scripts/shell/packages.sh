# shellcheck shell=bash
# Sourced. Prints messages and installs Debian packages.

# say TEXT...: prints one line on stderr, after the script's name.
say() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# fail TEXT...: says TEXT and ends the script with exit code 1.
fail() {
  say "$@"
  exit 1
}

# apt WORDS...: runs apt-get without questions; its output goes to stderr.
apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >&2
}

# apt_try WORDS...: runs apt-get, and again after `apt-get update` if the first run fails. The package lists may be missing, or
# name files that the mirror has already replaced.
apt_try() {
  apt "$@" 2>/dev/null && return
  apt update && apt "$@"
}

# install_packages NAME...: installs the packages that are missing; fails if apt cannot install them.
install_packages() {
  local name missing=()
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
  done
  ((${#missing[@]} == 0)) && return
  command -v apt-get >/dev/null || fail "missing: ${missing[*]} (Debian's names; this machine has no apt-get)"
  ((EUID == 0)) || fail "missing packages; as root: apt-get install --no-install-recommends ${missing[*]}"
  say "installing ${missing[*]}"
  apt_try install -y --no-install-recommends "${missing[@]}" || fail "cannot install ${missing[*]}"
}
