# shellcheck shell=bash
# Sourced by capture. Records every request of the fixtures.

# include/uapi/linux/rtnetlink.h
readonly NEWLINK=16 DELLINK=17 GETLINK=18 SETLINK=19 NEWADDR=20 DELADDR=21 GETADDR=22 NEWROUTE=24 GETROUTE=26 \
  NEWNEIGH=28 GETNEIGH=30 GETVLAN=114

settings='mcast_snooping 0 nf_call_iptables 0 nf_call_ip6tables 0 nf_call_arptables 0 vlan_default_pvid 0'
new_bridge='ip link add vlanbr0 up address 02:00:00:00:00:fe'
record create-bridge $NEWLINK true "$new_bridge type bridge forward_delay 0 vlan_filtering 1 $settings"
record create-bridge-plain $NEWLINK true "$new_bridge type bridge forward_delay 0 $settings"
new_veth='ip link add host0 address 02:00:00:00:00:01'
peer='type veth peer name net1 address 02:00:00:00:00:02'
record create-veth $NEWLINK bridge_with_vlans "$new_veth mtu 1400 master vlanbr0 $peer mtu 1400 netns peer"
record create-veth-plain $NEWLINK bridge_with_vlans "$new_veth master vlanbr0 $peer netns peer"
record set-link-up $NEWLINK dummy 'ip link set dummy0 up'
record set-link-down $NEWLINK dummy 'ip link set dummy0 down'
record set-alias $NEWLINK dummy 'ip link set dummy0 alias vlan-2001/0123456789ab/net1'
record set-vlan-filtering-on $NEWLINK bridge_with_vlans 'ip link set vlanbr0 type bridge vlan_filtering 1'
record set-vlan-filtering-off $NEWLINK bridge_with_vlans 'ip link set vlanbr0 type bridge vlan_filtering 0'
record set-mtu $NEWLINK dummy 'ip link set dummy0 mtu 9000'
record set-mac $NEWLINK bridge_with_vlans 'ip link set vlanbr0 address 02:00:00:00:00:0a'
record set-promisc-on $NEWLINK bridge_with_vlans 'ip link set vlanbr0 promisc on'
record set-promisc-off $NEWLINK bridge_with_vlans 'ip link set vlanbr0 promisc off'
record set-master $NEWLINK 'dummy && bridge_with_vlans' 'ip link set dummy0 master vlanbr0'
record set-master-none $NEWLINK veth_port 'ip link set host0 nomaster'
record delete-link $DELLINK dummy 'ip link del dummy0'

look_up() { record "$1" $GETLINK "$2" "ip -d link show dev $3" "ip -d -j link show dev $3"; }
look_up get-link-port named_port host0
look_up get-link-port-up forwarding_port host0
look_up get-link-bridge bridge_with_vlans vlanbr0
look_up get-link-bridge-stp bridge_with_stp vlanbr0
look_up get-link-dummy dummy dummy0
look_up get-link-lo true lo
look_up get-link-port-flags flagged_port host0
look_up get-link-without-carrier without_carrier trunk0
look_up get-link-promiscuous promiscuous dummy0
look_up get-link-in-bond in_bond dummy0
# With the name of its master, which is looked up by index.
record get-link-by-index $GETLINK:3 veth_port 'ip -d link show dev host0' 'ip -d -j link show dev vlanbr0'
list_links() { record "$1" $GETLINK "$2" "ip -d link show $3" "ip -d -j link show $3"; }
list_links list-veths named_port 'type veth'
list_links list-vlan-devices vlan_device 'type vlan'
# The first request looks the bridge up.
record list-ports $GETLINK:2 veth_port 'ip -d link show master vlanbr0' 'ip -d -j link show master vlanbr0'

record set-port-flags $SETLINK veth_port 'bridge link set dev host0 learning off hairpin on isolated on locked on'
record clear-port-flags $SETLINK flagged_port 'bridge link set dev host0 learning on hairpin off isolated off locked off'
record add-fdb $NEWNEIGH vlans 'bridge fdb add 02:00:00:00:00:02 dev host0 master static sticky'
record replace-fdb $NEWNEIGH vlans 'bridge fdb replace 02:00:00:00:00:02 dev host0 master static sticky'
record list-fdb $GETNEIGH fdb_port 'bridge fdb show brport host0' 'bridge -j fdb show brport host0'
record list-bridge-fdb $GETNEIGH learned_entry 'bridge fdb show br vlanbr0' 'bridge -j fdb show br vlanbr0'

record add-vlan-access $SETLINK veth_port 'bridge vlan add vid 2001 dev host0 pvid untagged'
record add-vlan-tagged $SETLINK veth_port 'bridge vlan add vid 100 dev host0'
record add-vlan-range $SETLINK veth_port 'bridge vlan add vid 200-210 dev host0'
record del-vlan $DELLINK vlans 'bridge vlan del vid 100 dev host0'
record del-vlan-range $DELLINK vlans 'bridge vlan del vid 200-210 dev host0'
# No iproute2 command asks for the VLANs of one port: `bridge vlan show` filters a dump of all ports.
list_vlans() { record "$1" $GETVLAN "$2" "ask-kernel vlans $3" "bridge -compressvlans -j vlan show dev $3"; }
list_vlans list-vlans vlans host0
list_vlans list-vlans-none veth_port host0
list_vlans list-vlans-all all_vlans host0
record list-all-vlans $GETVLAN vlans 'ask-kernel vlans 0' 'bridge -compressvlans -j vlan show'

record add-address-4 $NEWADDR dummy 'ip address add 10.20.1.11/24 broadcast + dev dummy0'
record add-address-4-host $NEWADDR dummy 'ip address add 10.20.1.11/32 dev dummy0'
record add-address-6 $NEWADDR dummy 'ip address add fd00:20::11/64 dev dummy0'
record add-address-6-nodad $NEWADDR dummy 'ip address add fd00:20::1/64 dev dummy0 nodad'
record del-address-4 $DELADDR addressed 'ip address del 10.20.1.11/24 dev dummy0'
record del-address-6 $DELADDR addressed 'ip address del fd00:20::11/64 dev dummy0'
list_addresses() { record "$1" $GETADDR "$2" "ip address show dev $3" "ip -j address show dev $3"; }
list_addresses list-addresses addressed dummy0
list_addresses list-addresses-tentative tentative host0
list_addresses list-addresses-duplicate duplicate host0

via_4='via 10.20.1.1 dev dummy0'
via_6='via fd00:20::1 dev dummy0'
everything='table 500 metric 77 mtu 1300 advmss 1200'
record add-route-4 $NEWROUTE addressed 'ip route prepend 10.30.0.0/16 dev dummy0 scope link'
record add-route-4-gw $NEWROUTE addressed "ip route prepend 10.30.0.0/16 $via_4"
record add-route-4-default $NEWROUTE addressed "ip route prepend default $via_4"
record add-route-4-all $NEWROUTE addressed "ip route prepend 10.30.0.0/16 $via_4 $everything"
record add-route-6 $NEWROUTE addressed 'ip route prepend fd00:30::/48 dev dummy0'
record add-route-6-gw $NEWROUTE addressed "ip route prepend fd00:30::/48 $via_6"
record add-route-6-default $NEWROUTE addressed "ip route prepend default $via_6 table 100"
record add-route-6-all $NEWROUTE addressed "ip route prepend fd00:30::/48 $via_6 $everything"
list_routes() { record "$1" $GETROUTE "$2" "ip $3 route show table $4" "ip $3 -d -N -j route show table $4"; }
list_routes list-routes-4 routes_4 -4 main
list_routes list-routes-4-table routes_table -4 500
list_routes list-routes-6 routes_6 -6 main

record refused-table $GETROUTE addressed '! ip -4 route show table 500'
record refused-route $NEWROUTE addressed '! ip route prepend 10.30.0.0/16 via 10.99.0.1 dev dummy0'
record refused-bridge $NEWLINK bridge_with_vlans '! ip link add vlanbr0 type bridge'
record refused-link $GETLINK true 'ask-kernel link 9999'
record refused-link-flags $GETLINK true 'ask-kernel link 1 1'
record refused-addresses $GETADDR true 'ask-kernel addresses 9999'
