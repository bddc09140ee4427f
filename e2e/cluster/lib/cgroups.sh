# Each machine has a cgroup of its own in every hierarchy, below the caller's, whose limits and
# accounting still apply. The cgroup also identifies a machine's processes.
# shellcheck shell=bash

# One line for each hierarchy: its name as mount option, and our own cgroup in it.
cgroup_hierarchies() {
  local id names path folder
  while IFS=: read -r id names path; do
    folder=/sys/fs/cgroup/${names#name=}
    if [[ $id != 0 && -n $names && -d $folder ]]; then echo "$names $folder${path%/}"; fi
  done < /proc/self/cgroup
}

# Moves the process into the machine's cgroups.
cgroup_join() { # machine, process
  local names folder file
  while read -r names folder; do
    mkdir -p "$folder/$PREFIX-$1"
    if [[ ,$names, == *,cpuset,* ]]; then     # a new one has no processor and no memory to run on
      for file in cpuset.cpus cpuset.mems; do cat "$folder/$file" > "$folder/$PREFIX-$1/$file"; done
    fi
    echo "$2" > "$folder/$PREFIX-$1/cgroup.procs"
  done < <(cgroup_hierarchies)
}

# A machine's cgroup folders, wherever it was started from.
cgroups_of() { # machine, or a pattern
  find /sys/fs/cgroup -mindepth 2 -type d -name "$PREFIX-$1" -prune 2> /dev/null || true
}

cgroup_processes() { # machine, or a pattern
  local folder
  for folder in $(cgroups_of "$1"); do
    find "$folder" -name cgroup.procs -exec cat {} + 2> /dev/null || true
  done | sort -u
}

# Kills all processes of a machine, containers and all, until none is left; then its cgroups go.
cgroup_clear() { # machine, or a pattern
  local folder processes
  for _ in {1..100}; do
    processes=$(cgroup_processes "$1")
    [[ -n $processes ]] || break
    # shellcheck disable=SC2086 # a list
    kill -KILL $processes 2> /dev/null || true
    sleep 0.1
  done
  for _ in {1..25}; do
    [[ -n $(cgroups_of "$1") ]] || return 0
    for folder in $(cgroups_of "$1"); do
      find "$folder" -depth -type d -exec rmdir {} + 2> /dev/null || true
    done
    sleep 0.1
  done
  say "these cgroups could not be removed: $(cgroups_of "$1" | tr '\n' ' ')"
  return 1
}
