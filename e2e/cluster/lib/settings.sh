# Names, addresses and directories of one cluster, and the functions that all other parts use.
# shellcheck shell=bash disable=SC2034 # much of this is read by the other parts

readonly NODE_NETWORK=10.88.0                 # the machines' own network is this /24
readonly OUTSIDE_NETWORK=203.0.113            # where hosts outside the cluster are: also a /24
readonly POD_RANGE=10.244.0.0/16 SERVICE_RANGE=10.96.0.0/16
readonly API_SERVICE=10.96.0.1 DNS_SERVICE=10.96.0.10
readonly PAUSE_IMAGE=wiremesh.test/pause:1 PROBE_IMAGE=wiremesh.test/probe:1
readonly COREDNS_IMAGE=wiremesh.test/coredns:1

settings() { # name, number of nodes
  # No hyphen: "a" must never take "a-n1" for one of its own machines.
  [[ $1 =~ ^[a-z][a-z0-9]{0,15}$ ]] ||
    die "--name: up to 16 lower-case letters and digits that begin with a letter, not '$1'"
  [[ $2 =~ ^[1-9]$ ]] || die "--nodes: from 1 to 9, not '$2'"
  CLUSTER=$1
  PREFIX=wm-$1                                # of network namespaces and cgroups
  CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/wiremesh
  PROGRAMS=$CACHE/kubernetes/$(module_version k8s.io/kubernetes)
  STATE=$CACHE/clusters/$1                    # all files of this cluster; gone after `down`
  KUBECONFIG_FILE=$STATE/kubeconfig
  NODES=$2
  if [[ -s $STATE/nodes ]]; then NODES=$(< "$STATE/nodes"); fi
}

node_names() { seq -f 'n%g' 1 "$NODES"; }

host_names() { cat "$STATE/hosts" 2> /dev/null || true; } # in the order they came

machine_names() { echo cp && node_names && host_names; }

address_of() { # machine
  case $1 in
    cp) echo $NODE_NETWORK.1 ;;
    n[1-9]) echo $NODE_NETWORK.$((10 + ${1#n})) ;;
    *) echo $OUTSIDE_NETWORK.$((9 + $(host_names | grep -nx "$1" | cut -d: -f1))) ;;
  esac
}

netns_of() { echo "$PREFIX-$1"; }             # machine

say() { printf '%(%T)T  %s\n' -1 "$*" >&2; }

die() {
  printf '%s: %s\n' "${PROGRAM:-cluster}" "$*" >&2
  exit 1
}

# Waits until the command succeeds; its output is dropped.
wait_until() { # seconds, command...
  local deadline=$((SECONDS + $1))
  shift
  until "$@" &> /dev/null; do
    ((SECONDS < deadline)) || return 1
    sleep 0.3
  done
}
