# shellcheck shell=bash
# Sourced by run. Sends ARP and ping from each machine to every other, compares the answers with the VLANs, adds to problems.

#          label      netns  link      vlan  address
endpoints=('out.2001  out    out.2001  2001  10.20.1.1'
  '1a        1a     net1      2001  10.20.1.11'
  '1b        1b     net1      2001  10.20.1.12'
  '1c        1c     net1      2001  10.20.1.13'
  'out.2002  out    out.2002  2002  10.20.2.1'
  '2         2      net1      2002  10.20.2.11')

# probe_all FOLDER: probes all pairs at once. FOLDER/seen gets one line "FROM TO ANSWER" per pair.
probe_all() {
  local folder=$1 row from netns link vlan address running=()
  for row in "${endpoints[@]}"; do
    read -r from netns link vlan address <<<"$row"
    printf '%s\n' "${endpoints[@]}" |
      ip netns exec "$netns" bash -c "$(declare -f probe probe_others); probe_others $from $netns $link" >"$folder/seen-$from" &
    running+=("$!")
  done
  wait "${running[@]}" || problems+=('a probe failed')
  cat "$folder"/seen-* >"$folder/seen"
}

# probe_others FROM NETNS LINK: probes every endpoint read from stdin; runs inside NETNS.
probe_others() {
  local to netns link vlan address
  while read -r to netns link vlan address; do
    [[ $netns == "$2" ]] || probe "$1" "$to" "$3" "$address" &
  done
  wait
}

# probe FROM TO LINK ADDRESS: sends on LINK as if ADDRESS were on that link, whatever its prefix: the bridge must keep the VLANs
# apart, not a missing route. Pings only after an answer to ARP.
probe() {
  local answer=-
  if arping -q -f -w 6 -I "$3" "$4"; then
    answer=arp
    ping -q -c 1 -w 6 -I "$3" "$4" >/dev/null && answer=arp,ping
  fi
  echo "$1 $2 $answer"
}

# print_matrix SEEN: prints the answers. Two machines must answer each other on the same VLAN, and must not across VLANs.
print_matrix() {
  local file=$1 row column from from_netns from_vlan to netns link vlan address expected seen right=0 pairs=0
  print_heading
  for row in "${endpoints[@]}"; do
    read -r from from_netns link from_vlan address <<<"$row"
    printf '%-10s%-6s' "$from" "$from_vlan"
    for column in "${endpoints[@]}"; do
      read -r to netns link vlan address <<<"$column"
      if [[ $netns == "$from_netns" ]]; then
        printf '%-10s' .
        continue
      fi
      [[ $vlan == "$from_vlan" ]] && expected=arp,ping || expected=-
      seen=$(awk -v from="$from" -v to="$to" '$1 == from && $2 == to { print $3 }' "$file")
      pairs=$((pairs + 1))
      if [[ $seen == "$expected" ]]; then
        right=$((right + 1))
      else
        problems+=("$from to $to: expected $expected, seen ${seen:-nothing}")
        seen+='!'
      fi
      printf '%-10s' "$seen"
    done
    echo
  done
  printf 'expected: arp,ping within a VLAN, - across; %s of %s pairs as expected\n' "$right" "$pairs"
}

print_heading() {
  local row label netns link vlan address labels=() vlans=()
  for row in "${endpoints[@]}"; do
    read -r label netns link vlan address <<<"$row"
    labels+=("$label")
    vlans+=("$vlan")
  done
  printf '%-16s' '' && printf '%-10s' "${labels[@]}" && echo
  printf '%-16s' '' && printf '%-10s' "${vlans[@]}" && echo
}
