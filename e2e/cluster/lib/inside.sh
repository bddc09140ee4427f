# The first process of a machine: sets up its namespaces, then keeps its programs running.
# The caller passes MACHINE, ADDRESS, STATE, PROGRAMS and CNI; inside, all files are below /run/cluster.
# shellcheck shell=bash
set -euo pipefail
HERE=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
# shellcheck source=/dev/null
source "$HERE/lib/settings.sh"
# shellcheck source=/dev/null
source "$HERE/lib/cgroups.sh"

furnish() {
  hostname "$MACHINE"
  local -a hierarchies
  mapfile -t hierarchies < <(cgroup_hierarchies)
  mount -t proc proc /proc
  mount -t sysfs sysfs /sys
  furnish_cgroups "${hierarchies[@]%% *}"
  furnish_run
  mount --bind /run/cluster/var /var
  mount -t tmpfs -o mode=1777 tmpfs /tmp
  keep_kernel_settings
  # The rest of the file system is read-only: a program that would write to this machine fails.
  mount -o remount,bind,ro /
  mount --make-rshared /                      # as the kubelet wants it; still private to this machine
  cd /
}

furnish_cgroups() { # hierarchies, by the names that their mounts have
  local names folder
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  for names; do
    folder=/sys/fs/cgroup/${names#name=}
    mkdir "$folder"
    case $names in
      name=*) mount -t cgroup -o "none,$names" cgroup "$folder" ;;
      *) mount -t cgroup -o "$names" cgroup "$folder" ;;
    esac
  done
}

# Made in another place and then moved over /run: its sources may be below /run, /var or /tmp.
furnish_run() {
  local run=$STATE/$MACHINE/run
  mount -t tmpfs -o mode=755 tmpfs "$run"
  mkdir -p "$run"/lock "$run"/cluster/{bin,cni,pki,images,share,logs,var,kernel}
  mount --bind "$PROGRAMS" "$run/cluster/bin"
  mount --bind "$CNI" "$run/cluster/cni"
  mount --bind "$STATE/pki" "$run/cluster/pki"
  mount --bind "$STATE/images" "$run/cluster/images"
  mount --bind "$HERE" "$run/cluster/share"
  mount --bind "$STATE/$MACHINE/logs" "$run/cluster/logs"
  mount --bind "$STATE/$MACHINE/var" "$run/cluster/var"
  mount -n --move "$run" /run                 # -n: mount's own notes would go into the old /run
}

# A kubelet sets these sysctls for the whole machine, unless it reads the wanted values: so it reads
# them. Except for the network's, they cannot be written from inside.
keep_kernel_settings() {
  local setting file
  mount --bind /proc/sys /proc/sys
  mount --bind /proc/sys/net /proc/sys/net
  for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
    kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
    file=/run/cluster/kernel/${setting%=*}
    mkdir -p "${file%/*}"
    echo "${setting#*=}" > "$file"
    mount --bind "$file" "/proc/sys/${setting%=*}"
  done
  mount -o remount,bind,ro /proc/sys
}

# Restarts a program whenever it ends, as an init system does.
keep_running() { # program, arguments...
  while true; do
    "$@" >> "/run/cluster/logs/$1.log" 2>&1 || true
    sleep 1
  done &
}

control_plane() {
  local pki=/run/cluster/pki etcd=http://127.0.0.1:2379
  # No fsync: this data is not meant to outlive the machine that it is on.
  keep_running etcd --data-dir /var/lib/etcd --unsafe-no-fsync \
    --listen-client-urls $etcd --advertise-client-urls $etcd --listen-peer-urls http://127.0.0.1:2380
  keep_running kube-apiserver --etcd-servers $etcd --secure-port 6443 --advertise-address "$ADDRESS" \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged \
    --service-cluster-ip-range "$SERVICE_RANGE" --kubelet-preferred-address-types InternalIP \
    --tls-cert-file $pki/kube-apiserver.crt --tls-private-key-file $pki/kube-apiserver.key \
    --client-ca-file $pki/ca.crt \
    --kubelet-client-certificate $pki/kubelet-client.crt --kubelet-client-key $pki/kubelet-client.key \
    --service-account-issuer https://kubernetes.default.svc.cluster.local \
    --service-account-key-file $pki/service-accounts.pub \
    --service-account-signing-key-file $pki/service-accounts.key \
    --audit-policy-file /run/cluster/share/control-plane/audit.yaml \
    --audit-log-path /run/cluster/logs/audit.jsonl
  keep_running kube-controller-manager --kubeconfig $pki/kube-controller-manager.conf \
    --use-service-account-credentials --leader-elect=false --node-monitor-grace-period 20s \
    --allocate-node-cidrs --cluster-cidr "$POD_RANGE" --node-cidr-mask-size 24 \
    --service-cluster-ip-range "$SERVICE_RANGE" --root-ca-file $pki/ca.crt \
    --service-account-private-key-file $pki/service-accounts.key \
    --cluster-signing-cert-file $pki/ca.crt --cluster-signing-key-file $pki/ca.key
  keep_running kube-scheduler --kubeconfig $pki/kube-scheduler.conf --leader-elect=false
}

node() {
  local share=/run/cluster/share pki=/run/cluster/pki image
  mkdir -p /var/lib/cni/net.d
  keep_running containerd --config $share/node/containerd.toml
  wait_until 60 ctr version
  if [[ ! -e /var/lib/images-loaded ]]; then
    for image in /run/cluster/images/*.tar; do
      ctr -n k8s.io images import "$image" >> /run/cluster/logs/images.log 2>&1
    done
    touch /var/lib/images-loaded
  fi
  keep_running kubelet --config $share/node/kubelet.yaml --kubeconfig "$pki/$MACHINE.conf" \
    --hostname-override "$MACHINE" --node-ip "$ADDRESS"
  keep_running kube-proxy --config $share/node/kube-proxy.yaml --hostname-override "$MACHINE"
}

furnish
echo furnished
PATH=/run/cluster/bin:$PATH
case $MACHINE in
  cp) control_plane ;;
  n[1-9]) node ;;
  *) sleep infinity & ;;                      # a host outside: what runs on it, its user starts
esac
while true; do wait -n || sleep 1; done       # also buries the orphans that a first process inherits
