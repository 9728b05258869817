# shellcheck shell=bash
# Sourced after packages.sh. Lets apt read other Debian releases without a change to the machine's own sources.

# other_suites: prints the suites that have kernels of other versions, newest first.
other_suites() {
  echo "$(release_codename)-backports bullseye"
}

release_codename() {
  # shellcheck source=/dev/null
  (. /etc/os-release && echo "$VERSION_CODENAME")
}

# use_suite SUITE FOLDER: from now on apt reads only this suite of the machine's mirror. Its lists are kept in FOLDER.
use_suite() {
  local suite=$1 folder=$2/$1 codename mirror
  codename=$(release_codename)
  unset APT_CONFIG
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' | awk -v release="$codename" '$1 == release { print $2; exit }')
  [[ -n $mirror ]] || fail "apt knows no mirror of $codename, which may have $suite too"
  mkdir -p "$folder/lists/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$folder/sources.list"
  cat >"$folder/apt.conf" <<CONF
Dir::Etc::sourcelist "$folder/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$folder/lists";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Sandbox::User "root";
CONF
  export APT_CONFIG=$folder/apt.conf
  apt update || fail "cannot read the list of packages of $suite"
}
