package dev.wiremesh.lab.cluster;

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
    host.machines().forEach(hosts::remove);
  }
}
