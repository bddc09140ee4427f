# The programs of a cluster: some are packages of the distribution; Kubernetes' own are built once
# from their Go modules, into the lab's folder of the cache. bin/setup.sh can download them instead.
# shellcheck shell=bash

readonly GO_MODULE=$HERE/../../testkit/kubernetes
readonly BUILT_PROGRAMS=(kube-apiserver kube-controller-manager etcd kube-scheduler kubelet
  kube-proxy coredns helm kubectl)            # the API server first: it compiles most of the rest

readonly PACKAGED_PROGRAMS=(containerd ctr runc nft iptables busybox ip openssl nsenter unshare setsid
  flock sysctl go)

module_version() { # module: the version that go.mod requires, without the v
  awk -v module="$1" '$1 == module {print substr($2, 2); exit}' "$GO_MODULE/go.mod"
}

# Ends with one message about everything that is missing, and how to get it.
require_machine() {
  ((EUID == 0)) || die "needs root: namespaces, cgroups and containers are made"
  [[ -n $(cgroup_hierarchies) ]] ||
    die "needs cgroup version 1: this machine has no such hierarchy mounted below /sys/fs/cgroup.
  Kubelets in namespaces get no writable part of version 2 without a systemd of their own. With a Docker engine, k3s or
  kind give a cluster for images and chart: docs/install.md"
  [[ -c /dev/net/tun ]] || die "there is no /dev/net/tun here: load the kernel module 'tun'"
  local program
  local -a missing=()
  for program in "${PACKAGED_PROGRAMS[@]}"; do
    [[ -n $(type -P "$program") ]] || missing+=("$program")
  done
  [[ -n $(cni_plugins) ]] || missing+=("CNI plugins")
  # It goes into an image without libraries.
  if ldd "$(type -P busybox)" &> /dev/null; then missing+=("a statically linked busybox"); fi
  ((${#missing[@]} == 0)) || die "these programs are missing: $(printf '%s, ' "${missing[@]}" | sed 's/, $//')
  'bin/wiremesh setup cluster' installs them"
}

# Kubelets, containerd and WireGuard daemons watch files. Their inotify instances count against one
# limit of the whole machine; beyond it they fail with misleading errors ("too many open files").
warn_of_few_inotify_instances() {
  local most used
  most=$(< /proc/sys/fs/inotify/max_user_instances)
  used=$(find /proc/[0-9]*/fd -lname 'anon_inode:inotify' 2> /dev/null | wc -l) || true
  ((most - used >= 16 * NODES)) ||
    say "Only $((most - used)) of $most inotify instances are free, fewer than $NODES node(s) may want: sysctl fs.inotify.max_user_instances=1024"
}

cni_plugins() { # the folder that distributions have them in
  local folder
  for folder in /usr/lib/cni /usr/libexec/cni /opt/cni/bin; do
    if [[ -x $folder/bridge && -x $folder/host-local ]]; then echo $folder && return; fi
  done
}

build_programs() {
  local program started=$SECONDS
  mkdir -p "$PROGRAMS"
  for program in "${BUILT_PROGRAMS[@]}"; do
    [[ -x $PROGRAMS/$program ]] || build_program "$program" "$started"
  done
}

build_program() { # program, when the first began
  local package=./cmd/$1 version log=$PROGRAMS/build-$1.log folder ticks=0
  case $1 in
    helm) package=helm.sh/helm/v3/cmd/helm ;;
    kubectl) package=k8s.io/kubernetes/cmd/kubectl ;;
  esac
  version="-X k8s.io/component-base/version.gitVersion=v$(module_version k8s.io/kubernetes)"
  version+=" -X helm.sh/helm/v3/internal/version.version=v$(module_version helm.sh/helm/v3)"
  folder=$(mktemp -d "$PROGRAMS/.build-XXXXXX")
  say "Building $1 with Go, once: all of it takes about six minutes ($((SECONDS - $2)) s so far)"
  CGO_ENABLED=0 GOWORK=off GOFLAGS=-mod=readonly nice -n 5 \
    go -C "$GO_MODULE" build -trimpath -ldflags "-s -w $version" -o "$folder/$1" "$package" &> "$log" &
  while kill -0 $! 2> /dev/null; do
    sleep 0.5
    ((++ticks % 60)) || say "  still building $1 ($((SECONDS - $2)) s)"
  done
  wait $! || { tail -20 "$log" >&2 && rm -r "$folder" && die "building $1 failed; all of it: $log"; }
  mv "$folder/$1" "$PROGRAMS/$1"              # atomic: another process may look
  rm -r "$folder" "$log"
}
