# A machine is a set of namespaces (network, mount, process, host name, IPC, cgroup) with a /var, a
# /run and a /tmp of its own; inside.sh is its first process.
# shellcheck shell=bash

machine_start() { # machine
  local root=$STATE/$1
  mkdir -p "$root"/var/{lib,log,tmp} "$root"/{run,logs}
  ln -sfn /run "$root/var/run"
  # Without the caller's environment: a node must not use its proxy or KUBECONFIG.
  (
    cgroup_join "$1" $BASHPID
    exec {LOCK}>&- setsid nsenter --net="/run/netns/$(netns_of "$1")" \
      unshare --mount --propagation private --uts --ipc --cgroup --pid --fork --kill-child \
      env -i PATH="$PATH" HOME=/tmp LANG=C.UTF-8 \
      MACHINE="$1" ADDRESS="$(address_of "$1")" STATE="$STATE" PROGRAMS="$PROGRAMS" CNI="$(cni_plugins)" \
      bash "$HERE/lib/inside.sh" &> "$root/logs/machine.log" < /dev/null
  ) &
}

machine_is_furnished() { grep -qx furnished "$STATE/$1/logs/machine.log"; } # machine

# Kills its processes and removes its network. Its mounts end with the mount namespace, and so with
# the processes.
machine_stop() { # machine
  cgroup_clear "$1"
  network_remove "$1"
}

# The first process of a machine, as a PID of this machine.
machine_first_process() { # machine
  local process
  for process in $(cgroup_processes "$1"); do
    # Containers have a first process too, in a nested PID namespace.
    awk '/^NSpid:/ && NF == 3 && $3 == 1 {print $2}' "/proc/$process/status" 2> /dev/null || true
  done
}

machine_is_up() { [[ -n $(machine_first_process "$1") ]]; }

enter() { # machine, command...
  local first
  first=$(machine_first_process "$1")
  [[ -n $first ]] || die "there is no machine '$1' running; there are: $(running_machines)"
  shift
  PATH=/run/cluster/bin:$PATH nsenter -t "$first" -m -u -i -n -p -C "$@"
}

running_machines() {
  local machine
  for machine in $(machine_names); do
    if machine_is_up "$machine"; then printf '%s ' "$machine"; fi
  done
}

require_node() { # name
  [[ $'\n'$(node_names)$'\n' == *$'\n'"${1:-}"$'\n'* ]] ||
    die "'${1:-}' is not a node; nodes are: $(node_names | tr '\n' ' ')"
}
