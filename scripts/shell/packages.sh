# shellcheck shell=bash
# Sourced. What the scripts need from the machine: words for people, and Debian packages.

# say TEXT...: one line for a person, on stderr.
say() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# fail TEXT...: say it and end the script with 1.
fail() {
  say "$@"
  exit 1
}

# apt WORDS...: apt-get without questions; what it prints goes to stderr.
apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >&2
}

# apt_try WORDS...: apt-get, and once more after `apt-get update` when the first try fails: the package lists may be
# missing, or name files that the mirror has already replaced.
apt_try() {
  apt "$@" 2>/dev/null && return
  apt update && apt "$@"
}

# install_packages NAME...: installs those that are missing; fails when they cannot be installed.
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
