# shellcheck shell=bash
# Sourced by capture. The setups of the recordings: each makes links, VLANs, addresses or routes in an empty network namespace.

# wait_for WORDS COMMAND...: waits until COMMAND prints WORDS, 20 seconds at most.
wait_for() {
  local deadline=$((SECONDS + 20))
  until "${@:2}" | grep -q "$1"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

bridge_with_vlans() { ip link add vlanbr0 address 02:00:00:00:00:fe type bridge vlan_filtering 1 vlan_default_pvid 0; }
veth_port() {
  bridge_with_vlans
  ip link add host0 address 02:00:00:00:00:01 master vlanbr0 type veth peer name net1 address 02:00:00:00:00:02 netns peer
}
named_port() { veth_port && ip link set host0 alias vlan-2001/0123456789ab/net1; }
forwarding_port() {
  veth_port
  ip link set vlanbr0 up type bridge forward_delay 0
  ip link set host0 up
  ip -n peer link set net1 up
  wait_for 'state forwarding' bridge link show dev host0
}
bridge_with_stp() { ip link add vlanbr0 address 02:00:00:00:00:fe type bridge stp_state 1; }
dummy() { ip link add dummy0 address 02:00:00:00:00:03 type dummy && ip link set dummy0 up; }
addressed() {
  dummy
  ip address add 10.20.1.11/24 broadcast + dev dummy0
  ip address add fd00:20::11/64 dev dummy0 nodad
}
# The kernel checks an address for duplicates when its link comes up: on a link that is down it stays tentative.
tentative() {
  ip link add host0 address 02:00:00:00:00:01 type veth peer name net1 address 02:00:00:00:00:02 netns peer
  ip address add 10.20.1.11 peer 10.20.1.12/32 dev host0
  ip address add fd00:20::12/64 dev host0
}
duplicate() {
  ip link add host0 address 02:00:00:00:00:01 type veth peer name net1 address 02:00:00:00:00:02 netns peer
  ip link set host0 up
  ip -n peer link set net1 up
  ip -n peer address add fd00:20::12/64 dev net1 nodad
  ip address add fd00:20::12/64 dev host0
  wait_for dadfailed ip address show dev host0
}
vlans() {
  veth_port
  bridge vlan add vid 2001 dev host0 pvid untagged
  bridge vlan add vid 100 dev host0
  bridge vlan add vid 200-210 dev host0
}
fdb_port() { vlans && bridge fdb add 02:00:00:00:00:02 dev host0 master static; }
# A learned entry looks like one added as dynamic. The kernel accepts a dynamic entry only on a port that is up.
learned_entry() {
  forwarding_port
  bridge vlan add vid 100 dev host0
  bridge fdb add 02:00:00:00:00:02 dev host0 master static
  bridge fdb add 02:00:00:00:00:03 dev host0 master dynamic
}
flagged_port() { veth_port && bridge link set dev host0 hairpin on learning off isolated on locked on; }
# A veth that is up while its peer is down looks like a NIC without a cable.
without_carrier() {
  ip link add trunk0 address 02:00:00:00:00:04 type veth peer name far0
  ip link set trunk0 up
}
in_bond() {
  ip link add bond0 address 02:00:00:00:00:05 type bond
  ip link add dummy0 address 02:00:00:00:00:03 type dummy
  ip link set dummy0 master bond0
}
vlan_device() { dummy && ip link add link dummy0 name dummy0.100 type vlan id 100; }
promiscuous() { dummy && ip link set dummy0 promisc on; }
all_vlans() { veth_port && bridge vlan add vid 1-4094 dev host0; }
routes_4() {
  addressed
  ip route prepend 10.30.0.0/16 via 10.20.1.1 dev dummy0 metric 77 mtu 1300 advmss 1200
  ip route prepend default via 10.20.1.1 dev dummy0
  ip route prepend 10.31.0.0/16 nexthop via 10.20.1.2 dev dummy0 nexthop via 10.20.1.3 dev dummy0
}
routes_6() {
  addressed
  ip route prepend fd00:30::/48 via fd00:20::1 dev dummy0 metric 77 mtu 1300 advmss 1200
  ip route prepend default via fd00:20::1 dev dummy0
  ip route prepend fd00:31::/48 via fd00:20::2 dev dummy0
  ip route prepend fd00:31::/48 via fd00:20::3 dev dummy0
}
routes_table() { addressed && ip route prepend 10.30.0.0/16 via 10.20.1.1 dev dummy0 table 500; }
