package dev.wiremesh.lab.cluster;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The outside hosts of a lab, by name.
 *
 * <p>Thread-safe.
 */
final class OutsideHosts {
  private final Hosts hosts;
  private final Underlay underlay;
  private final KubernetesClient client;
  private final Checkout checkout;
  private final Path logs;
  private final Map<String, OutsideHost> byName = new LinkedHashMap<>();
  private final Map<String, Host> machines = new LinkedHashMap<>();

  OutsideHosts(
      Hosts hosts, Underlay underlay, KubernetesClient client, Checkout checkout, Path logs) {
    this.hosts = hosts;
    this.underlay = underlay;
    this.client = client;
    this.checkout = checkout;
    this.logs = logs;
  }

  synchronized List<OutsideHost> all() {
    return List.copyOf(byName.values());
  }

  /** The machines that were made piece by piece, by name. */
  synchronized Map<String, Host> machines() {
    return new LinkedHashMap<>(machines);
  }

  /** Makes a machine without any device. */
  synchronized Host addMachine(String name, Predicate<String> taken) {
    if (taken.test(name)) {
      throw new LabException("there is already a machine '%s' in this lab".formatted(name));
    }
    var host = hosts.create(name);
    machines.put(name, host);
    return host;
  }

  /** Connects a machine to the underlay; returns its address there. */
  String plugIn(Host host, String device) {
    return underlay.plugIn(host, device);
  }

  /** Brings up the interface of a machine that {@link #addMachine} made. */
  synchronized OutsideHost configure(HostRequest request) {
    var machine = machines.get(request.name());
    if (machine == null) {
      throw new LabException("there is no machine '%s' to configure".formatted(request.name()));
    }
    var host = OutsideHost.configure(machine, request, client, checkout, logs);
    byName.put(request.name(), host);
    return host;
  }

  /** Removes a machine that {@link #addMachine} made, and its configuration. */
  synchronized void removeMachine(String name) {
    byName.remove(name);
    var machine = machines.remove(name);
    if (machine != null) {
      hosts.remove(machine);
    }
  }

  /**
   * Makes a host; returns when its interface is up.
   *
   * @param taken whether a machine of the lab has a name already
   */
  synchronized OutsideHost add(HostRequest request, Predicate<String> taken) {
    if (taken.test(request.name())) {
      throw new LabException(
          "there is already a machine '%s' in this lab; 'lab host %s --remove' removes an outside host"
              .formatted(request.name(), request.name()));
    }
    var host = OutsideHost.create(request, client, new Underlay.Outside(underlay), checkout, logs);
    byName.put(request.name(), host);
    return host;
  }

  /** Removes a host as a power cut would: no peer is told. */
  synchronized void remove(String name) {
    var host = byName.remove(name);
    if (host == null) {
      throw new LabException("there is no outside host '" + name + "' in this lab");
    }
    host.machines()
        .forEach(machine -> {
          machines.remove(machine.name());
          hosts.remove(machine);
        });
  }
}
