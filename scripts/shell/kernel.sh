# shellcheck shell=bash
# Sourced after packages. A kernel that can filter VLANs on bridges: this machine's when it can, else a guest's.

# have_vlan_filtering: whether this kernel can, tried out in a network namespace of its own.
have_vlan_filtering() {
  in_new_namespaces bash -c 'ip link add name probe type bridge vlan_filtering 1 && ip -d -j link show dev probe' 2>/dev/null |
    grep -q '"vlan_filtering": *1'
}

# on_this_kernel COMMAND...: runs it with no links but a loopback, and a /run of its own (network namespaces are named there).
on_this_kernel() {
  # /sys/class/net shows the namespace that mounted /sys.
  in_new_namespaces bash -c 'mount -t tmpfs -o mode=755 tmpfs /run && mount -t sysfs sysfs /sys && ip link set lo up && exec "$@"' \
    on_this_kernel "$@"
}

# on_vlan_kernel [--kernel VERSION] [--timeout SECONDS] COMMAND...: the same on a kernel that can filter VLANs. In a guest where
# this one cannot or another version is wanted; only there is the time limited.
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
    say 'starting a guest with a kernel that can filter VLANs'
    "$(dirname "${BASH_SOURCE[0]}")/../vm" "${options[@]}" "$@"
  fi
}

in_new_namespaces() {
  local user=()
  ((EUID == 0)) || user=(--user --map-root-user)
  unshare "${user[@]}" --net --mount --propagation private "$@"
}
