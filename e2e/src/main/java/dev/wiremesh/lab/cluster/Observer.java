package dev.wiremesh.lab.cluster;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.lab.cluster.MeshReport.Member;
import dev.wiremesh.lab.cluster.MeshReport.Ping;
import dev.wiremesh.testkit.host.Host;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/** Observes a mesh from outside: by the API's objects, {@code wg show}, and pings. */
final class Observer {
  private static final Pattern MILLISECONDS = Pattern.compile("time=([0-9.]+) ms");

  private final KubernetesClient client;
  private final Clock clock;

  Observer(KubernetesClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  /** The membership of each node in each network, with its sessions. */
  List<Member> members(Map<String, Host> hosts) {
    var interfaces = new HashMap<String, String>();
    for (var network : client.resources(WireGuardNetwork.class).list().getItems()) {
      var status = network.getStatus();
      if (status != null && status.effective != null && status.effective.interfaceName != null) {
        interfaces.put(network.getMetadata().getName(), status.effective.interfaceName);
      }
    }
    var names = namesOfKeys();
    var nodes = client.resources(MeshNode.class).list().getItems();
    var members = new ArrayList<Member>();
    for (var node : nodes) {
      var network = node.getSpec().networkRef.name;
      var device = interfaces.getOrDefault(network, "");
      var host = Optional.ofNullable(hosts.get(node.getSpec().nodeName));
      members.add(
          new Member(
              network,
              node.getSpec().nodeName,
              List.copyOf(node.getSpec().addresses),
              device,
              host.filter(there -> !device.isEmpty())
                  .map(there -> sessions(there, device, names))
                  .orElse(List.of())));
    }
    return members;
  }

  /** The membership of an outside host. */
  Member outsideMember(OutsideHost host) {
    return new Member(
        host.network(),
        host.request().name(),
        host.addresses(),
        OutsideHost.INTERFACE,
        sessions(host.machine(), OutsideHost.INTERFACE, namesOfKeys()));
  }

  private Map<String, String> namesOfKeys() {
    var names = new HashMap<String, String>();
    for (var network : client.resources(WireGuardNetwork.class).list().getItems()) {
      if (network.getStatus() != null && network.getStatus().gatewayPublicKey != null) {
        names.put(network.getStatus().gatewayPublicKey, "gateways");
      }
    }
    for (var node : client.resources(MeshNode.class).list().getItems()) {
      if (node.getStatus() != null && node.getStatus().publicKey != null) {
        names.put(node.getStatus().publicKey, node.getSpec().nodeName);
      }
    }
    for (var peer : client.resources(Peer.class).inAnyNamespace().list().getItems()) {
      if (peer.getStatus() != null && peer.getStatus().publicKey != null) {
        names.put(
            peer.getStatus().publicKey,
            peer.getMetadata().getNamespace() + "/" + peer.getMetadata().getName());
      }
    }
    return names;
  }

  private List<MeshReport.Session> sessions(Host host, String device, Map<String, String> names) {
    var dump = host.command("wg", "show", device, "dump").withTimeout(Duration.ofSeconds(5)).run();
    return dump.succeeded() ? WgShow.sessions(dump.output(), names, clock.instant()) : List.of();
  }

  /** Pings every other member's address from every machine, in parallel. */
  List<Ping> pingMatrix(Map<String, Host> hosts, List<Member> members) {
    var questions = new ArrayList<Callable<Ping>>();
    for (var from : members) {
      for (var to : members) {
        var host = hosts.get(from.machine());
        if (host != null
            && from.network().equals(to.network())
            && !from.machine().equals(to.machine())) {
          to.addresses()
              .forEach(address ->
                  questions.add(() -> ping(host, from.machine(), to.machine(), address)));
        }
      }
    }
    return all(questions);
  }

  private static Ping ping(Host host, String from, String to, String address) {
    var output = host.ping(address).output();
    var found = MILLISECONDS.matcher(output);
    return new Ping(from, to, address, found.find() ? Double.valueOf(found.group(1)) : null);
  }

  /** The results of tasks that run in parallel, in their order. */
  private static <T> List<T> all(List<Callable<T>> tasks) {
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var results = new ArrayList<T>();
      for (Future<T> future : executor.invokeAll(tasks)) {
        results.add(future.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while observing the mesh", e);
    } catch (ExecutionException e) {
      throw new LabException("cannot observe the mesh: " + e.getCause(), e);
    }
  }
}
