# Sourced by bin/wiremesh: `wiremesh setup` names the programs that are missing and installs them:
# through the distribution's package manager, or from Go modules where the distribution's are too old.
# For the rest it prints how to get them. Nothing is done when all is there.

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/wiremesh
# shellcheck source=bin/kubernetes.sh source=bin/packages.sh
source "$WIREMESH_HOME/bin/kubernetes.sh"
source "$WIREMESH_HOME/bin/packages.sh"
export PATH=$PATH:/usr/sbin:/sbin:$CACHE/bin

# program, then its package: Debian/Ubuntu, Fedora/RHEL, Alpine, Arch, openSUSE
TOOLS='
wg         wireguard-tools wireguard-tools  wireguard-tools wireguard-tools wireguard-tools
ip         iproute2        iproute          iproute2        iproute2        iproute2
nft        nftables        nftables         nftables        nftables        nftables
iptables   iptables        iptables-nft     iptables        iptables-nft    iptables
ping       iputils-ping    iputils          iputils-ping    iputils         iputils
tcpdump    tcpdump         tcpdump          tcpdump         tcpdump         tcpdump
iperf3     iperf3          iperf3           iperf3          iperf3          iperf
setpriv    util-linux      util-linux       setpriv         util-linux      util-linux
nsenter    util-linux      util-linux       util-linux-misc util-linux      util-linux-systemd
flock      util-linux      util-linux-core  flock           util-linux      util-linux
mvn        maven           maven            maven           maven           maven
'
# The same for `setup cluster`: the programs of the nodes of `wiremesh lab cluster`.
CLUSTER_TOOLS='
containerd containerd      containerd       containerd      containerd      containerd
runc       runc            runc             runc            runc            runc
busybox    busybox-static  busybox          busybox-static  busybox         busybox-static
openssl    openssl         openssl          openssl         openssl         openssl
sysctl     procps          procps-ng        procps          procps-ng       procps
'
# The same for `setup --kubernetes download`.
DOWNLOAD_TOOLS='
curl       curl            curl             curl            curl            curl
'
CNI_PLUGINS='containernetworking-plugins containernetworking-plugins cni-plugins cni-plugins cni-plugins'
NETWORKD_PACKAGES='systemd systemd-networkd none systemd systemd-network'
JDK_PACKAGES='openjdk-25-jdk-headless java-25-openjdk-devel openjdk25-jdk jdk25-openjdk java-25-openjdk-devel'
GO_PACKAGES='golang-go golang go go go'
OLDEST_KUBECTL=28 # minor version; Debian 12 has 1.20
MANUAL=()         # steps left to the user

# A folder of programs that are not on the path; distributions differ in its place.
cni_plugins() {
  local folder
  for folder in /usr/lib/cni /usr/libexec/cni /opt/cni/bin; do
    [ ! -x $folder/bridge ] || return 0
  done
  # shellcheck disable=SC2086 # columns
  packages_of " CNI-plugins" " $(for_manager $CNI_PLUGINS)"
}

# Not needed by anything else: `lab story office` configures one of its edges with it, and says so where
# it is missing.
networkd() {
  local folder package
  for folder in /usr/lib/systemd /lib/systemd; do
    [ ! -x $folder/systemd-networkd ] || return 0
  done
  # shellcheck disable=SC2086 # columns
  package=$(for_manager $NETWORKD_PACKAGES)
  case $package in
    '' | none) say "There is no systemd-networkd: 'lab story office' does without it" ;;
    *) say "There is no systemd-networkd: 'lab story office' does without it (package $package)" ;;
  esac
}

jdk() {
  local package
  if (find_java jdk); then return 0; fi
  say "Missing: a JDK $JAVA_MAJOR"
  # shellcheck disable=SC2086 # columns
  package=$(for_manager $JDK_PACKAGES)
  if may_install; then
    refresh_index
    if has_package "$package" && install_packages "$package" && (find_java jdk); then return 0; fi
  fi
  MANUAL+=("a JDK $JAVA_MAJOR: this distribution has no ${package:-package of it}; unpack any build of it (for instance Eclipse Temurin's) into /usr/lib/jvm, or anywhere with JAVA_HOME set to its folder")
}

# Go 1.21 and newer fetch the toolchain that a module asks for.
go_works() {
  local version
  command -v go > /dev/null || return 1
  version=$(go env GOVERSION 2> /dev/null) || return 1
  version=${version#go1.}
  [ "${version%%[!0-9]*}" -ge 21 ] 2> /dev/null
}

# Needed only to build programs that no package has: Kubernetes' own, kubectl.
go_toolchain() {
  local package
  ! go_works || return 0
  say "Missing: Go 1.21 or newer"
  # shellcheck disable=SC2086 # columns
  package=$(for_manager $GO_PACKAGES)
  if may_install; then
    refresh_index
    if has_package "$package" && install_packages "$package" && go_works; then return 0; fi
  fi
  MANUAL+=("Go 1.21 or newer, to build Kubernetes' API server once (or 'bin/wiremesh setup --kubernetes download', or KUBEBUILDER_ASSETS set to a folder that has it)")
}

kubectl_minor() {
  kubectl version --client 2> /dev/null | sed -n 's/^Client Version:.*v1\.\([0-9]*\).*/\1/p' | sed -n 1p
}

kubectl_tool() {
  local minor
  if command -v kubectl > /dev/null; then
    minor=$(kubectl_minor)
    [ "${minor:-0}" -lt $OLDEST_KUBECTL ] || return 0
    say "Too old: kubectl (1.${minor:-?}; 1.$OLDEST_KUBECTL or newer is wanted)"
  else
    say "Missing: kubectl"
  fi
  if [ "$KUBERNETES" = download ]; then
    if kubernetes_download "$CACHE/bin" kubectl; then return 0; fi
    say "  $PROBLEM"
  fi
  if go_works; then
    say "  building kubectl with Go into $CACHE/bin (about a minute)"
    if from_go "$WIREMESH_HOME/testkit/kubernetes" k8s.io/kubernetes/cmd/kubectl kubectl; then
      say "  to use it yourself: PATH=\$PATH:$CACHE/bin"
      return 0
    fi
  fi
  MANUAL+=("kubectl 1.$OLDEST_KUBECTL or newer on the PATH")
}

# Builds a program of a module's requirements into the cache: folder, package, name.
from_go() {
  local temporary
  mkdir -p "$CACHE/bin"
  temporary=$(mktemp -d "$CACHE/bin/.build-XXXXXX")
  if (cd "$1" && CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -ldflags "-s -w" -o "$temporary/$3" "$2") >&2; then
    mv "$temporary/$3" "$CACHE/bin/$3"
    rmdir "$temporary"
  else
    rm -rf "$temporary"
    return 1
  fi
}

# Debian 12's is of 2022; packages of 2023 and newer, and anything built from the module, are fine.
wireguard_go_is_new() {
  local version
  command -v wireguard-go > /dev/null || return 1
  version=$(wireguard-go --version 2>&1 | sed -n 1p)
  case $version in
    *0.0.2022* | *0.0.2021* | *0.0.2020*) return 1 ;;
  esac
}

# The newest Debian package, taken from the mirror that this machine's apt uses, without adding a
# source to it.
wireguard_go_from_debian() {
  local work mirror keyring suite
  command -v dpkg > /dev/null && [ -r /etc/debian_version ] || return 1
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2> /dev/null |
    grep -E '/debian/?$' | sed -n 1p)
  keyring=$(find /usr/share/keyrings -name 'debian-archive-keyring.*' 2> /dev/null | sed -n 1p)
  [ -n "$mirror" ] && [ -n "$keyring" ] || return 1
  work=$(mktemp -d)
  chmod 755 "$work"
  mkdir -p "$work"/lists/partial "$work"/cache/archives/partial
  for suite in sid testing; do
    echo "deb [signed-by=$keyring] $mirror $suite main" > "$work/sources.list"
    local apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
      -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
    if "${apt[@]}" update > /dev/null 2>&1 &&
      (cd "$work" && "${apt[@]}" download wireguard-go > /dev/null 2>&1 && dpkg -x wireguard-go_*.deb x); then
      mkdir -p "$CACHE/bin"
      cp "$work/x/usr/bin/wireguard-go" "$CACHE/bin/.wireguard-go.new"
      mv "$CACHE/bin/.wireguard-go.new" "$CACHE/bin/wireguard-go"
      rm -rf "$work"
      return 0
    fi
  done
  rm -rf "$work"
  return 1
}

wireguard_go() {
  wireguard_go_is_new && return 0
  # An old one on the path hides the cache's; the lab and the tests look there first.
  if [ -x "$CACHE/bin/wireguard-go" ]; then return 0; fi
  say "Missing or too old: wireguard-go"
  if may_install && [ "$MANAGER" != apt-get ]; then
    refresh_index
    if has_package wireguard-go && install_packages wireguard-go && wireguard_go_is_new; then return 0; fi
  fi
  say "  fetching the newest package of it into $CACHE/bin"
  if wireguard_go_from_debian; then return 0; fi
  if go_works; then
    say "  building it with Go instead"
    local temporary
    temporary=$(mktemp -d)
    if GOBIN=$temporary GOFLAGS='' CGO_ENABLED=0 go install golang.zx2c4.com/wireguard@latest >&2; then
      mkdir -p "$CACHE/bin"
      mv "$temporary/wireguard" "$CACHE/bin/wireguard-go"
      rmdir "$temporary"
      return 0
    fi
    rm -rf "$temporary"
  fi
  MANUAL+=("wireguard-go of 2023 or newer, as $CACHE/bin/wireguard-go or on the PATH: the tests speak with it")
}

# Prometheus and its checker of rules. Debian's package would start a server: only the programs are taken out of it.
prometheus_programs() {
  local work program missing=""
  for program in promtool prometheus; do
    command -v $program > /dev/null || [ -x "$CACHE/bin/$program" ] || missing="$missing $program"
  done
  [ -n "$missing" ] || return 0
  say "Missing:$missing"
  if [ "$MANAGER" = apt-get ]; then
    refresh_index
    work=$(mktemp -d)
    if (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download prometheus > /dev/null 2>&1 && dpkg -x prometheus_*.deb x); then
      mkdir -p "$CACHE/bin"
      for program in $missing; do
        cp "$work/x/usr/bin/$program" "$CACHE/bin/.$program.new"
        mv "$CACHE/bin/.$program.new" "$CACHE/bin/$program"
      done
    fi
    rm -rf "$work"
  elif may_install; then
    refresh_index
    if has_package prometheus; then install_packages prometheus || true; fi
  fi
  for program in $missing; do
    command -v $program > /dev/null || [ -x "$CACHE/bin/$program" ] ||
      MANUAL+=("$program (of Prometheus) on the PATH: the alert rules and dashboards are tested with it")
  done
}

machine() {
  [ "$(id -u)" = 0 ] || MANUAL+=("root: the lab and the tests with real packets make network namespaces (sudo bin/wiremesh …)")
  if [ ! -e /dev/net/tun ]; then
    if [ "$(id -u)" = 0 ] && mkdir -p /dev/net 2> /dev/null && { modprobe tun 2> /dev/null || true; } &&
      { [ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200 2> /dev/null; }; then
      say "Made /dev/net/tun"
    else
      MANUAL+=("/dev/net/tun: load the kernel's 'tun' module, or give it to this container (--device /dev/net/tun)")
    fi
  fi
}

# $KUBERNETES: nothing is downloaded or built unasked.
kubernetes_programs() {
  local programs=("${CONTROL_PLANE[@]}")
  [ -z "$CLUSTER" ] || programs+=(kube-scheduler kubelet kube-proxy kubectl)
  case $KUBERNETES in
    "") return 0 ;;
    download) kubernetes_download "$(kubernetes_folder)" "${programs[@]}" && return ;;
    build)
      if go_works; then
        kubernetes_build "${programs[@]}" && return
      else
        PROBLEM="there is no Go 1.21 or newer"
      fi
      ;;
  esac
  KUBERNETES_FAILED=1
  MANUAL+=("Kubernetes' programs: $PROBLEM. Run the command again (a download continues), or let the lab build them when it starts first")
}

setup_usage() {
  cat << Y
Usage: bin/wiremesh setup [cluster] [--kubernetes download|build]

Installs the programs that building, the lab and the tests need and that are missing: packages of the
distribution, and some programs into $CACHE.

  cluster                also those of 'lab cluster': containerd, runc, CNI plugins, ...
  --kubernetes download  downloads Kubernetes' API server, controller manager and etcd (and kubectl if
                         it is missing) from the hosts of their own releases: seconds to a minute
  --kubernetes build     builds them now, with Go: about four minutes on two cores
                         Without --kubernetes, the lab builds them when it starts for the first time.

A download is compared with the SHA-256 sum that the release publishes beside it, by HTTPS. That
detects damage, but trusts those hosts. A build trusts the sums in testkit/kubernetes/go.sum instead.
An interrupted download continues where it stopped.

Environment: WIREMESH_KUBERNETES_MIRROR (instead of https://dl.k8s.io/release), WIREMESH_ETCD_MIRROR
(instead of https://github.com/etcd-io/etcd/releases/download), XDG_CACHE_HOME, JAVA_HOME.
Y
}

main() {
  CLUSTER="" KUBERNETES="" KUBERNETES_FAILED=""
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) setup_usage && return ;;
      cluster) CLUSTER=1 ;;
      --kubernetes=?*) KUBERNETES=${1#*=} ;;
      --kubernetes)
        [ $# -gt 1 ] || die "setup: --kubernetes needs a value: download or build"
        KUBERNETES=$2
        shift
        ;;
      *) die "setup: there is no argument '$1' (bin/wiremesh setup --help)" ;;
    esac
    case $KUBERNETES in
      "" | download | build) ;;
      *) die "setup: --kubernetes is download or build, not '$KUBERNETES'" ;;
    esac
    shift
  done
  [ "$(uname -s)" = Linux ] || die "the lab and the data plane need Linux"
  MANAGER=$(manager)
  machine
  programs_from_packages "$TOOLS"
  [ "$KUBERNETES" != download ] || programs_from_packages "$DOWNLOAD_TOOLS"
  if [ -n "$CLUSTER" ]; then
    programs_from_packages "$CLUSTER_TOOLS"
    cni_plugins
  fi
  jdk
  [ "$KUBERNETES" = build ] || kubernetes_programs
  # With Kubernetes downloaded, only 'lab cluster' builds more.
  if [ "$KUBERNETES" != download ] || [ -n "$CLUSTER$KUBERNETES_FAILED" ]; then go_toolchain; fi
  [ "$KUBERNETES" != build ] || kubernetes_programs
  kubectl_tool
  wireguard_go
  prometheus_programs
  networkd
  if [ ${#MANUAL[@]} = 0 ]; then
    say "All there: $(java_version_line), $(mvn_version), $(wg --version | cut -d' ' -f1,2), kubectl 1.$(kubectl_minor)"
    return 0
  fi
  say "Still to be done by hand:"
  printf '  - %s\n' "${MANUAL[@]}" >&2
  # An error only without Java and Maven, or where Kubernetes was asked for; for the rest, tests
  # report what they skip.
  (find_java jdk) && command -v mvn > /dev/null && [ -z "$KUBERNETES_FAILED" ]
}

java_version_line() { (find_java jdk && echo "JDK $(java_major "$JAVA_HOME")"); }

mvn_version() {
  (find_java jdk && mvn --version 2> /dev/null | sed -n "s/.*Apache \\(Maven [0-9.]*\\).*/\\1/p" | sed -n 1p)
}
