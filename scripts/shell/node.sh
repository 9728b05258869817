# shellcheck shell=bash
# Sourced after packages.sh. Provides Node and the packages of package-lock.json.

# prepare_node PROJECT: installs the packages if they are missing or older than the lock file, and puts their programs first in
# PATH. A newer Node is one of these programs. Needs Node 20 or newer and npm.
prepare_node() {
  local project=$1 version
  version=$(node --version 2>/dev/null) || fail 'missing: Node 20 or newer, with npm'
  version=${version#v}
  ((${version%%.*} >= 20)) || fail "Node $version is too old: 20 or newer is needed"
  command -v npm >/dev/null || fail 'missing: npm'
  if [[ ! $project/node_modules/.package-lock.json -nt $project/package-lock.json ]]; then
    say "installing the packages of $project/package-lock.json"
    npm ci --loglevel=error --prefix "$project" >&2 || fail 'npm ci failed'
    # npm does not touch this file if the packages did not change.
    touch "$project/node_modules/.package-lock.json"
  fi
  export PATH="$project/node_modules/.bin:$PATH"
}
