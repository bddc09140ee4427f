# Sourced by bin/setup.sh: the distribution's package manager, whose name is in MANAGER. Steps that
# need the user are appended to MANUAL.

manager() {
  local candidate
  for candidate in apt-get dnf apk pacman zypper; do
    if command -v $candidate > /dev/null; then
      echo $candidate
      return
    fi
  done
  echo none
}

# The n-th word for this package manager.
for_manager() {
  case $MANAGER in
    apt-get) echo "$1" ;;
    dnf) echo "$2" ;;
    apk) echo "$3" ;;
    pacman) echo "$4" ;;
    zypper) echo "$5" ;;
  esac
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
  [ "$MANAGER" != none ] && { [ "$(id -u)" = 0 ] || sudo -n true 2> /dev/null; }
}

refresh_index() {
  [ -z "${INDEX_FRESH:-}" ] || return 0
  INDEX_FRESH=1
  say "  refreshing the package index"
  case $MANAGER in
    apt-get) as_root apt-get update -qq ;;
    dnf) as_root dnf -q makecache ;;
    apk) as_root apk -q update ;;
    pacman) as_root pacman -Syq --noconfirm > /dev/null ;;
    zypper) as_root zypper -q refresh ;;
  esac || say "  refreshing failed; going on with the index that is there"
}

# Whether the distribution has a package.
has_package() {
  case $MANAGER in
    apt-get) [ -n "$(apt-cache search --names-only "^$1\$")" ] ;;
    dnf) dnf -q list "$1" > /dev/null 2>&1 ;;
    apk) [ -n "$(apk search -e "$1")" ] ;;
    pacman) pacman -Si "$1" > /dev/null 2>&1 ;;
    zypper) zypper -q info "$1" 2> /dev/null | grep '^Name' > /dev/null ;;
  esac
}

install_packages() {
  say "  installing $*"
  case $MANAGER in
    apt-get) DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "$@" > /dev/null ;;
    dnf) as_root dnf -q -y install "$@" ;;
    apk) as_root apk -q add "$@" ;;
    pacman) as_root pacman -Sq --noconfirm --needed "$@" > /dev/null ;;
    zypper) as_root zypper -q -n install --no-recommends "$@" > /dev/null ;;
  esac
}

programs_from_packages() {
  local missing="" packages="" name columns package
  while read -r name columns; do
    [ -n "$name" ] || continue
    command -v "$name" > /dev/null && continue
    # shellcheck disable=SC2086 # columns
    package=$(for_manager $columns)
    missing="$missing $name"
    case " $packages " in *" $package "*) ;; *) packages="$packages $package" ;; esac
  done <<< "$1"
  packages_of "$missing" "$packages"
}

# Installs packages, given the programs that are missing and the packages that have them.
packages_of() {
  local missing=$1 packages=$2
  [ -n "$missing" ] || return 0
  say "Missing:$missing"
  if ! may_install; then
    MANUAL+=("as root, install the packages:$packages")
    return 0
  fi
  refresh_index
  # shellcheck disable=SC2086 # a list
  install_packages $packages || MANUAL+=("the package manager refused; install by hand:$packages")
}
