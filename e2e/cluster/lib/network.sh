# Every machine's network namespace hangs on one bridge, and that bridge is inside the control
# plane's namespace: this machine's own interfaces, routes and rules are never touched.
# shellcheck shell=bash

network_add() { # machine
  local netns
  netns=$(netns_of "$1")
  ip netns add "$netns"
  ip -n "$netns" link set lo up
  ip netns exec "$netns" sysctl -qw net.ipv4.ip_forward=1
  case $1 in
    cp) control_plane_network ;;
    n[1-9]) node_network "$1" ;;
    *) host_network "$1" ;;
  esac
}

control_plane_network() {
  local cp
  cp=$(netns_of cp)
  # By default, a bridge takes its MAC address from its ports: a stopped node could change it and cut
  # all others off the API server until their neighbour entries expire.
  ip -n "$cp" link add br0 address "$(hardware_address 1)" type bridge
  ip -n "$cp" address add "$(address_of cp)/24" dev br0
  ip -n "$cp" link set br0 up
  # Frames between nodes bypass this namespace's firewall.
  bridged_frames_pass_firewall cp 0
}

node_network() { # node
  # A node's pods are on its bridge, and its firewall implements Services.
  bridged_frames_pass_firewall "$1" 1
  # The same MAC address after a restart: the others have it in their neighbour caches.
  plug_in "$1" br0 "$(hardware_address $((10 + ${1#n})))" "$NODE_NETWORK.1"
}

# The network of outside hosts, with this one as its only router. From there, only the nodes can be
# reached: a packet to a pod or Service from outside must pass through a node.
host_network() { # host
  local cp
  cp=$(netns_of cp)
  if ! ip -n "$cp" link show out0 &> /dev/null; then
    ip -n "$cp" link add out0 address "$(hardware_address 2)" type bridge
    ip -n "$cp" address add "$OUTSIDE_NETWORK.1/24" dev out0
    ip -n "$cp" link set out0 up
    ip -n "$cp" route add "$NODE_NETWORK.0/24" dev br0 table 100
    ip -n "$cp" route add unreachable default table 100
    ip -n "$cp" rule add iif out0 lookup 100
  fi
  plug_in "$1" out0 "$(hardware_address $((100 + $(address_of "$1" | cut -d. -f4))))" "$OUTSIDE_NETWORK.1"
}

plug_in() { # machine, bridge, hardware address, router
  local netns cp
  netns=$(netns_of "$1") cp=$(netns_of cp)
  ip -n "$cp" link add "$1" type veth peer name eth0 netns "$netns"
  ip -n "$cp" link set "$1" master "$2" up
  ip -n "$netns" link set eth0 address "$3" up
  ip -n "$netns" address add "$(address_of "$1")/24" dev eth0
  ip -n "$netns" route add default via "$4"
}

hardware_address() { printf '02:00:0a:58:00:%02x' "$1"; } # last number of the address

bridged_frames_pass_firewall() { # machine, 0 or 1
  ip netns exec "$(netns_of "$1")" sysctl -qw net.bridge.bridge-nf-call-iptables="$2" 2> /dev/null ||
    [[ $2 == 0 ]] || die "Services need the kernel module br_netfilter: modprobe br_netfilter"
}

network_remove() { # machine
  local netns
  netns=$(netns_of "$1")
  if [[ -e /run/netns/$netns ]]; then ip netns delete "$netns"; fi
}

# The machines that have a network, also those left by a crash.
networks() {
  local file
  for file in /run/netns/"$PREFIX"-*; do
    if [[ -e $file ]]; then echo "${file##*/"$PREFIX"-}"; fi
  done
}

# The pod network is the CNI's bridge on each node and a route to it on every other machine. This
# follows the Node objects for as long as the cluster lives: a node that was deleted and comes back
# may get another range.
follow_pod_ranges() {
  local node range
  while true; do
    kubectl get nodes --watch -o jsonpath='{.metadata.name} {.spec.podCIDR}{"\n"}' |
      while read -r node range; do
        if [[ -n $range && $range != "$(pod_range_of "$node")" ]]; then
          echo "$node has $range"
          pod_routes "$node" "$range"
          pod_network "$node" "$range"
          echo "$range" > "$STATE/$node/pod-range"
        fi
      done || true
    sleep 1
  done
}

pod_range_of() { cat "$STATE/$1/pod-range" 2> /dev/null || true; } # node

# The routes of all machines to a node's pods.
pod_routes() { # node, range
  local machine
  for machine in cp $(node_names); do
    [[ $machine == "$1" || ! -e /run/netns/$(netns_of "$machine") ]] ||
      ip -n "$(netns_of "$machine")" route replace "$2" via "$(address_of "$1")" || true
  done
}

# A machine that was down missed changes of the routes.
pod_routes_of_started() { # machine
  local node range
  for node in $(node_names); do
    range=$(pod_range_of "$node")
    if [[ $node != "$1" && -n $range ]]; then
      ip -n "$(netns_of "$1")" route replace "$range" via "$(address_of "$node")"
    fi
  done
}

pod_network() { # node, range
  local folder=$STATE/$1/var/lib/cni/net.d
  mkdir -p "$folder"
  cat > "$folder/.new" << X
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "/var/lib/cni/networks",
            "ranges": [[{"subnet": "$2"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
X
  mv "$folder/.new" "$folder/10-pods.conflist"
}
