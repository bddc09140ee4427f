# Sourced by bin/setup.sh: the programs of the lab's Kubernetes, downloaded or built. Both ways end in
# the cache, where the lab, `lab cluster` and the tests look first.

# Kubernetes' and etcd's own release hosts, or mirrors with the same paths below them.
KUBERNETES_MIRROR=${WIREMESH_KUBERNETES_MIRROR:-https://dl.k8s.io/release}
ETCD_MIRROR=${WIREMESH_ETCD_MIRROR:-https://github.com/etcd-io/etcd/releases/download}
CONTROL_PLANE=(kube-apiserver kube-controller-manager etcd)
PROBLEM="" # why the last download or build failed

HERE=$WIREMESH_HOME/e2e/cluster
# shellcheck source=e2e/cluster/lib/programs.sh
source "$HERE/lib/programs.sh" # module_version, build_program

kubernetes_folder() { echo "$CACHE/kubernetes/$(module_version k8s.io/kubernetes)"; }

kubernetes_build() { # programs...
  local program started=$SECONDS
  PROGRAMS=$(kubernetes_folder) # where build_program puts them
  mkdir -p "$PROGRAMS"
  for program in "$@"; do
    [ -x "$PROGRAMS/$program" ] || (build_program "$program" "$started") || {
      PROBLEM="building $program failed"
      return 1
    }
  done
}

# Puts the programs that are missing into a folder: all of them, each checked, or none.
kubernetes_download() { # folder, programs...
  local folder=$1 program missing=() lock arch version
  shift
  for program in "$@"; do [ -x "$folder/$program" ] || missing+=("$program"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  if ! command -v curl > /dev/null; then
    PROBLEM="there is no 'curl' to download with"
    return 1
  fi
  case $(uname -m) in
    x86_64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    ppc64le | s390x) arch=$(uname -m) ;;
    *)
      PROBLEM="Kubernetes publishes no programs for $(uname -m)"
      return 1
      ;;
  esac
  PARTIAL=$folder/.download
  if ! mkdir -p "$PARTIAL"; then
    PROBLEM="cannot write to $folder"
    return 1
  fi
  exec {lock}> "$PARTIAL/.lock"
  if ! flock -n "$lock"; then
    say "Another download is running; waiting for it"
    flock "$lock"
  fi
  for program in "${missing[@]}"; do
    if [ "$program" = etcd ]; then
      download_etcd "$arch"
    else
      version=$(module_version k8s.io/kubernetes)
      download_program "$program" "$version" "$KUBERNETES_MIRROR/v$version/bin/linux/$arch/$program"
    fi || {
      exec {lock}>&-
      return 1
    }
  done
  # Whole or not at all: another process may look.
  for program in "${missing[@]}"; do
    chmod 755 "$PARTIAL/$program"
    mv "$PARTIAL/$program" "$folder/$program"
  done
  rm -rf "$PARTIAL"
  exec {lock}>&-
}

download_program() { # name, version, url
  local sum
  sum=$(published_sums "$3.sha256" | grep -oE -m 1 '^[0-9a-f]{64}') || {
    PROBLEM="cannot get the checksum $3.sha256$(reason)"
    return 1
  }
  say "Downloading $1 $2 from $3"
  verified "$3" "$PARTIAL/$1" "$sum"
}

download_etcd() { # architecture
  local version name sum
  version=$(module_version go.etcd.io/etcd/server/v3)
  name=etcd-v$version-linux-$1
  sum=$(published_sums "$ETCD_MIRROR/v$version/SHA256SUMS" |
    awk -v name="$name.tar.gz" '$2 == name && length($1) == 64 {print $1; found = 1} END {exit !found}') || {
    PROBLEM="cannot get the checksum of $name.tar.gz from $ETCD_MIRROR/v$version/SHA256SUMS$(reason)"
    return 1
  }
  say "Downloading etcd $version from $ETCD_MIRROR/v$version/$name.tar.gz"
  verified "$ETCD_MIRROR/v$version/$name.tar.gz" "$PARTIAL/etcd.tar.gz" "$sum" || return
  tar -xzf "$PARTIAL/etcd.tar.gz" -C "$PARTIAL" --strip-components=1 "$name/etcd" || {
    PROBLEM="there is no etcd in $name.tar.gz"
    return 1
  }
}

# Downloads a file unless the right one is there; a file with another sum is never kept.
verified() { # url, file, SHA-256
  local resumed=""
  [ ! -s "$2" ] || resumed=1
  [ "$(sha256_of "$2")" != "$3" ] || return 0
  transfer "$1" "$2" || return
  [ "$(sha256_of "$2")" != "$3" ] || return 0
  rm -f "$2"
  if [ -n "$resumed" ]; then
    # The present part may have been the beginning of another file.
    transfer "$1" "$2" || return
    [ "$(sha256_of "$2")" != "$3" ] || return 0
    rm -f "$2"
  fi
  PROBLEM="$1 does not have the checksum that its release publishes ($3); it was removed"
  return 1
}

sha256_of() { { sha256sum < "$1" | cut -d' ' -f1; } 2> /dev/null || true; }

published_sums() { # url
  # shellcheck disable=SC2046 # an option and its value
  curl "${CURL[@]}" $(only_https "$1") --max-time 60 "$1" 2> "$PARTIAL/.errors"
}

# curl's own message, after a colon.
reason() { sed -n '1s/^curl: ([0-9]*) \(.*\)/: \1/p' "$PARTIAL/.errors"; }

CURL=(-q --fail --silent --show-error --location --connect-timeout 20)

# No redirection leads from an encrypted address to an open one.
only_https() { case $1 in https:*) echo '--proto =https' ;; esac; }

# Downloads a file; what is there of it stays and is not asked for again, also after a failure.
transfer() { # url, file
  local tries status
  for tries in 1 2 3 4; do
    status=0
    transfer_once "$1" "$2" || status=$?
    case $status in
      0) return ;;
      # The server cannot continue, or the file is complete and wrong.
      33 | 36 | 416) rm -f "$2" ;;
      # Cut, too slow, reset.
      16 | 18 | 28 | 52 | 55 | 56 | 92) ;;
      *) break ;;
    esac
    [ "$tries" = 4 ] || say "  interrupted after $(mebibytes "$(size_of "$2")"); going on from there"
  done
  PROBLEM="cannot download $1$(reason)"
  return 1
}

transfer_once() { # url, file
  local pid before ticks=0 status=0
  before=$(size_of "$2")
  : > "$PARTIAL/.headers"
  # A transfer below 1 KiB/s for 30 s counts as cut.
  # shellcheck disable=SC2046 # an option and its value
  curl "${CURL[@]}" $(only_https "$1") --speed-limit 1024 --speed-time 30 --continue-at - \
    --dump-header "$PARTIAL/.headers" --output "$2" "$1" 2> "$PARTIAL/.errors" &
  pid=$!
  # The shell starts programs in the background deaf to Ctrl-C.
  trap 'kill "$pid" 2> /dev/null; exit 130' INT TERM
  while kill -0 "$pid" 2> /dev/null; do
    sleep 0.1
    ticks=$((ticks + 1))
    if [ $ticks = 20 ] || [ $((ticks % 100)) = 0 ]; then progress "$2" "$before"; fi
  done
  wait "$pid" || status=$?
  trap - INT TERM
  # The range begins where the file ends.
  if [ $status = 22 ] && grep -q '^HTTP/[^ ]* 416' "$PARTIAL/.headers"; then status=33; fi
  return $status
}

progress() { # file, bytes before this transfer
  local rest
  rest=$(awk 'tolower($1) == "content-length:" {n = $2 + 0} END {print n + 0}' "$PARTIAL/.headers")
  if [ "$rest" = 0 ]; then
    say "  $(mebibytes "$(size_of "$1")")"
  else
    say "  $(mebibytes "$(size_of "$1")") of $(mebibytes $(($2 + rest)))"
  fi
}

size_of() { stat -c %s "$1" 2> /dev/null || echo 0; }

mebibytes() { echo "$((($1 + 524288) / 1048576)) MiB"; }
