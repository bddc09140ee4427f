package dev.wiremesh.e2e.cluster;

import dev.wiremesh.testkit.process.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Traces that a cluster could leave on its machine, at one moment. Of things that others make and
 * remove too at any time, only those that are the cluster's own by name.
 *
 * @param networks names of network namespaces
 * @param mounts lines of this process's mount table
 * @param interfaces this machine's own
 * @param settings the kernel settings that kubelets and kube-proxies write
 * @param files what stands where Kubernetes' programs leave folders
 */
record Traces(
    Set<String> networks,
    Set<String> cgroups,
    Set<String> mounts,
    Set<String> interfaces,
    Map<String, String> settings,
    Set<String> files) {

  private static final List<String> SETTINGS =
      List.of(
          "vm/overcommit_memory",
          "vm/panic_on_oom",
          "kernel/panic",
          "kernel/panic_on_oops",
          "kernel/keys/root_maxkeys",
          "kernel/keys/root_maxbytes",
          "net/ipv4/ip_forward",
          "net/netfilter/nf_conntrack_max");

  private static final List<String> PLACES =
      List.of(
          "/etc/cni",
          "/opt/cni",
          "/opt/containerd",
          "/run/containerd",
          "/run/xtables.lock",
          "/usr/libexec/kubernetes",
          "/var/lib/cni",
          "/var/lib/containerd",
          "/var/lib/etcd",
          "/var/lib/kubelet",
          "/var/log/containers",
          "/var/log/pods",
          "/var/run/wireguard");

  /** Of a cluster whose network namespaces and cgroups begin with this. */
  static Traces of(String prefix) {
    try {
      return new Traces(
          named(Path.of("/run/netns"), 1, prefix),
          named(Path.of("/sys/fs/cgroup"), 6, prefix),
          Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
              .filter(line -> line.contains(prefix))
              .collect(Collectors.toCollection(TreeSet::new)),
          named(Path.of("/sys/class/net"), 1, ""),
          kernelSettings(),
          PLACES.stream()
              .filter(place -> Files.exists(Path.of(place)))
              .collect(Collectors.toCollection(TreeSet::new)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The namespaces that a cluster's processes live in now, as the kernel names them. */
  static Set<String> namespacesOf(String prefix) {
    var lists =
        Command.of("find", "/sys/fs/cgroup", "-path", "*/%s*/cgroup.procs".formatted(prefix)).run();
    var own = namespaces(Path.of("/proc/self"));
    return lists
        .output()
        .lines()
        .flatMap(list -> lines(Path.of(list)))
        .flatMap(process -> namespaces(Path.of("/proc", process)).stream())
        .filter(namespace -> !own.contains(namespace))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Command lines of all processes of this machine that live in one of these namespaces. */
  static List<String> processesIn(Set<String> namespaces) {
    try (var processes = Files.list(Path.of("/proc"))) {
      return processes
          .filter(process -> process.getFileName().toString().matches("\\d+"))
          .filter(process -> namespaces(process).stream().anyMatch(namespaces::contains))
          .map(process -> lines(process.resolve("cmdline")).collect(Collectors.joining()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> namespaces(Path process) {
    var links = new TreeSet<String>();
    for (var kind : List.of("net", "mnt", "pid", "uts", "ipc", "cgroup")) {
      try {
        links.add(Files.readSymbolicLink(process.resolve("ns").resolve(kind)).toString());
      } catch (IOException e) {
        return Set.of(); // it has ended
      }
    }
    return links;
  }

  private static Set<String> named(Path folder, int depth, String prefix) {
    var found =
        Command.of(
                "find",
                folder.toString(),
                "-mindepth",
                "1",
                "-maxdepth",
                String.valueOf(depth),
                "-name",
                prefix + "*")
            .run();
    return found
        .output()
        .lines()
        .sorted(Comparator.naturalOrder())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Map<String, String> kernelSettings() {
    var values = new TreeMap<String, String>();
    for (var setting : SETTINGS) {
      values.put(setting, lines(Path.of("/proc/sys", setting)).collect(Collectors.joining()));
    }
    return values;
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      return Stream.of();
    }
  }
}
