# The commands of `cluster`.
# shellcheck shell=bash

command_up() {
  require_machine
  exclusively
  if api_answers; then
    say "Cluster '$CLUSTER' is up already; '$PROGRAM down$(name_option)' removes it"
    return
  fi
  remove_everything
  warn_of_few_inotify_instances
  local started=$SECONDS
  build_programs
  trap 'say "Interrupted: removing what was started"; remove_everything; exit 130' INT TERM
  mkdir -p "$STATE"
  echo "$NODES" > "$STATE/nodes"
  build_probe
  make_images
  make_identities

  say "Starting the control plane and $NODES node(s)"
  local machine node
  for machine in $(machine_names); do network_add "$machine"; done
  for machine in $(machine_names); do machine_start "$machine"; done
  for machine in $(machine_names); do
    wait_until 20 machine_is_furnished "$machine" || give_up "$machine does not start" "$machine" machine
  done
  forward_api_port
  wait_until 120 api_answers || give_up "the API server does not answer" cp etcd kube-apiserver
  say "The API server answers"
  helper follow_pod_ranges pods
  for node in $(node_names); do
    wait_until 120 node_exists "$node" || give_up "$node did not register" "$node" containerd kubelet
  done
  kubectl wait --for=condition=Ready nodes --all --timeout=120s > /dev/null ||
    give_up "not all nodes are Ready" n1 containerd kubelet
  say "$NODES node(s) Ready"
  sed "s|COREDNS_IMAGE|$COREDNS_IMAGE|; s|DNS_SERVICE|$DNS_SERVICE|" "$HERE/addons/coredns.yaml" |
    kubectl apply -f - > /dev/null
  kubectl -n kube-system rollout status deployment/coredns --timeout=120s > /dev/null ||
    give_up "CoreDNS does not become ready" n1 kubelet kube-proxy
  wait_until 60 kubectl -n default get serviceaccount default ||
    give_up "there is no default ServiceAccount" cp kube-controller-manager
  say "Ready after $((SECONDS - started)) s. Next: export KUBECONFIG=\$($PROGRAM kubeconfig$(name_option))"
}

command_down() {
  ((EUID == 0)) || die "needs root"
  exclusively
  remove_everything
  say "Nothing is left of cluster '$CLUSTER'"
}

command_status() {
  require_up
  kubectl get nodes -o wide
  echo
  kubectl get pods -A -o wide
  echo
  local process
  for process in $(cgroup_processes '*'); do
    cat "/proc/$process/smaps_rollup" 2> /dev/null || true
  done | awk '/^Pss:/ {sum += $2} END {printf "Memory of all processes: %d MiB\n", sum / 1024}'
  echo "Running machines: $(running_machines)"
}

command_kubeconfig() {
  [[ -s $KUBECONFIG_FILE ]] || not_there
  echo "$KUBECONFIG_FILE"
}

command_tool() { # kubectl or helm, arguments...
  require_up
  KUBECONFIG=$KUBECONFIG_FILE PATH=$PROGRAMS:$PATH exec "$@"
}

command_load() { # archives...
  (($#)) || die "which archives?  $PROGRAM load TAR..."
  require_up
  local archive node
  for archive; do [[ -r $archive ]] || die "cannot read $archive"; done
  for archive; do
    for node in $(node_names); do
      if ! machine_is_up "$node"; then
        say "$node is stopped: it gets nothing"
        continue
      fi
      load_image "$node" "$archive" &> "$STATE/load.log" ||
        { cat "$STATE/load.log" >&2 && die "$node did not take $archive"; }
    done
    sed -n 's/^unpacking \([^ ]*\).*/\1/p' "$STATE/load.log"
  done
}

command_enter() { # machine, command...
  require_up
  (($#)) || die "which machine? Running: $(running_machines)"
  if (($# > 1)); then enter "$@"; else enter "$1" bash; fi
}

command_logs() { # machine, program
  require_up
  local folder=$STATE/${1:-cp}/logs
  [[ -d $folder ]] || die "there is no machine '$1'; running: $(running_machines)"
  if [[ -z ${2:-} ]]; then
    tail -n 5 "$folder"/*.log
  else
    [[ -f $folder/$2.log ]] || die "no such log; there are: $(cd "$folder" && echo *.log)"
    tail -n 200 "$folder/$2.log"
  fi
}

command_node_stop() { # node
  require_up
  require_node "${1:-}"
  exclusively
  machine_stop "$1"
  say "$1 is off; Kubernetes misses it in about 20 s"
}

command_node_start() { # node
  require_up
  require_node "${1:-}"
  exclusively
  if machine_is_up "$1"; then die "$1 is running"; fi
  network_remove "$1"
  network_add "$1"
  pod_routes_of_started "$1"
  machine_start "$1"
  say "$1 is on"
}

# A host outside the cluster, for clients of its Services.
command_host_add() { # name
  require_up
  [[ ${1:-} =~ ^[a-z][a-z0-9]{0,10}$ && $1 != cp && ! $1 =~ ^n[0-9] ]] ||
    die "a host's name: up to 11 lower-case letters and digits, not cp, n1, ...; not '${1:-}'"
  exclusively
  if host_names | grep -qx "$1"; then die "there is a host '$1' already"; fi
  echo "$1" >> "$STATE/hosts"
  network_add "$1"
  machine_start "$1"
  wait_until 20 machine_is_furnished "$1" || give_up "$1 does not start" "$1" machine
  say "$1 has $(address_of "$1"); '$PROGRAM enter $1$(name_option)' is a shell on it"
}

# --- parts of the commands ---

kubectl() { "$PROGRAMS/kubectl" --kubeconfig "$KUBECONFIG_FILE" "$@"; }

api_answers() {
  [[ -s $KUBECONFIG_FILE ]] && kubectl --request-timeout=5s get --raw /readyz
} &> /dev/null

node_exists() { kubectl get node "$1"; }      # name

require_up() { [[ -s $KUBECONFIG_FILE ]] && machine_is_up cp || not_there; }

not_there() { die "there is no cluster '$CLUSTER'; start it: $PROGRAM up$(name_option)"; }

name_option() { if [[ $CLUSTER != cluster ]]; then echo " --name $CLUSTER"; fi; }

# Only one of up, down, node-stop, node-start runs at a time. A crash closes the file and releases the lock.
exclusively() {
  mkdir -p "$CACHE/clusters"
  exec {LOCK}> "$CACHE/clusters/.$CLUSTER.lock"
  flock -n "$LOCK" && return
  say "Another command works on cluster '$CLUSTER'; waiting for it"
  flock "$LOCK"
}

# A helper process on this machine. It is in the cgroup of the control plane, and ends with it.
helper() { # function, name of its log
  (
    cgroup_join cp $BASHPID
    exec {LOCK}>&- &> "$STATE/cp/logs/$2.log" < /dev/null
    trap '' HUP INT TERM
    "$1"
  ) &
}

# Forwards a port of this machine's loopback to the API server, which only the cluster's own network
# reaches otherwise.
forward_api_port() {
  local port
  port=$(
    cgroup_join cp $BASHPID
    exec {LOCK}>&- 2> "$STATE/cp/logs/forward.log"
    "$STATE/bin/probe" forward "/run/netns/$(netns_of cp)" "$(address_of cp):6443"
  ) || give_up "the port forward to the API server does not start" cp forward
  (umask 077 && cd "$STATE/pki" && kubeconfig "127.0.0.1:$port" admin > "$KUBECONFIG_FILE")
}

remove_everything() {
  local machine
  cgroup_clear '*' || die "so not all of it is gone"
  for machine in $(networks); do network_remove "$machine"; done
  rm -rf --one-file-system "$STATE"
}

give_up() { # what went wrong, machine, its programs...
  local message=$1 machine=$2 program
  shift 2
  for program; do
    say "The last lines of $program on $machine:"
    tail -n 12 "$STATE/$machine/logs/$program.log" >&2 || true
  done
  die "$message. It stays as it is, to be looked at; all logs: $STATE/*/logs
  '$PROGRAM down$(name_option)' removes it"
}
