# shellcheck shell=bash
# Sourced after packages.sh. Runs commands on a kernel that filters VLANs on bridges: this machine's if it can, else a guest's.

# have_vlan_filtering: succeeds if this kernel filters VLANs, which it shows in a new network namespace.
have_vlan_filtering() {
  in_new_namespaces bash -c 'ip link add name probe type bridge vlan_filtering 1 && ip -d -j link show dev probe' 2>/dev/null |
    grep -q '"vlan_filtering": *1'
}

# on_this_kernel COMMAND...: runs COMMAND with the loopback as its only link and with its own /run, where iproute2 names network
# namespaces. Below /run the project and the current folder stay visible.
on_this_kernel() {
  local shell
  shell=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
  # A new mount of /sys is needed: /sys/class/net shows the network namespace of the process that mounted /sys.
  # Without cd the current folder would still lead to the covered /run by "..".
  # shellcheck disable=SC2016
  in_new_namespaces bash -c '. "$0" && cover_folder /run 755 "$1" "$(pwd -P)" && cd "$PWD" && shift &&
    mount -t sysfs sysfs /sys && ip link set lo up && exec "$@"' "$shell/cover-folder.sh" "${shell%/scripts/shell}" "$@"
}

# on_vlan_kernel [--kernel VERSION] [--timeout SECONDS] COMMAND...: runs COMMAND as on_this_kernel does, on a kernel that filters
# VLANs. A guest is started if this kernel does not filter VLANs or if VERSION is given; only a guest has a timeout.
on_vlan_kernel() {
  local options=(--timeout 3000)
  while [[ $1 == --* ]]; do
    options+=("$1" "$2")
    shift 2
  done
  install_packages iproute2
  if [[ ${options[*]} != *--kernel* ]] && have_vlan_filtering; then
    on_this_kernel "$@"
  else
    say 'starting a guest with a kernel that filters VLANs'
    "$(dirname "${BASH_SOURCE[0]}")/../vm" "${options[@]}" "$@"
  fi
}

in_new_namespaces() {
  local user=()
  ((EUID == 0)) || user=(--user --map-root-user)
  unshare "${user[@]}" --net --mount --propagation private "$@"
}
