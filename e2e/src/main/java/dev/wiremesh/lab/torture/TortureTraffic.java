package dev.wiremesh.lab.torture;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.cluster.MeshReport;
import dev.wiremesh.lab.control.ControlClient;
import dev.wiremesh.lab.control.Request;
import dev.wiremesh.testkit.process.Tools;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Laptops outside the mesh, and pings between the nodes and from the laptops.
 *
 * <p>Owned by the run's thread. {@link #close} ends the pings and removes the laptops' hosts.
 */
final class TortureTraffic implements AutoCloseable {
  private final ControlClient control;
  private final KubernetesClient client;
  private final Checklist checklist;
  private final MeshReport before;
  private final String namespace;
  private final String network;
  private final Path logs;
  private final List<String> hosts = new ArrayList<>();
  private final List<PingCount> pings = new ArrayList<>();

  /**
   * @param before the mesh before the run: pings are of its nodes
   * @param namespace of the laptops' Peers
   */
  TortureTraffic(
      ControlClient control,
      KubernetesClient client,
      Checklist checklist,
      MeshReport before,
      String namespace)
      throws IOException {
    this.control = control;
    this.client = client;
    this.checklist = checklist;
    this.before = before;
    this.namespace = namespace;
    this.network = before.members().getFirst().network();
    this.logs = Files.createTempDirectory("wiremesh-torture-");
  }

  /** The pings that were lost so far, by name. */
  Map<String, Integer> lostPings() {
    var lost = new LinkedHashMap<String, Integer>();
    pings.stream()
        .filter(ping -> ping.lost() > 0)
        .forEach(ping -> lost.put(ping.name(), ping.lost()));
    return lost;
  }

  void connectLaptops(int count) throws InterruptedException {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .serverSideApply();
    for (int i = 0; i < count; i++) {
      var name = "laptop-" + i;
      var peer = new Peer();
      peer.getMetadata().setNamespace(namespace);
      peer.getMetadata().setName(name);
      peer.getSpec().networkRef.name = network;
      peer.setStatus(null);
      client.resource(peer).serverSideApply();
      checklist.await(
          "the Peer " + name + " gets its configuration",
          () ->
              Conditions.isTrue(
                      client
                          .resources(Peer.class)
                          .inNamespace(namespace)
                          .withName(name)
                          .get()
                          .getStatus()
                          .conditions,
                      ConditionType.CONFIG_PUBLISHED)
                  ? ""
                  : "it has none");
      var host = "t-laptop-" + i;
      hosts.add(host);
      var arguments = new LinkedHashMap<String, String>();
      arguments.put("name", host);
      arguments.put("peer", namespace + "/" + name);
      arguments.put("with", Tools.find("wireguard-go").isPresent() ? "wireguard-go" : "wiremesh");
      arguments.put("nat", Boolean.toString(i % 2 == 1));
      arguments.put("lan", "");
      var _ = control.ask(new Request(Request.Command.ADD_HOST, arguments), Request.NewHost.class);
    }
    checklist.await("the laptops reach the nodes", this::unreachedByLaptops);
  }

  /** The failed pings of laptops; empty if there is none. */
  String unreachedByLaptops() {
    return failedPings(ping -> hosts.contains(ping.from()));
  }

  /** The first failed ping between nodes; empty if there is none. */
  String unreachedByNodes() {
    return failedPings(ping -> !hosts.contains(ping.from()));
  }

  /** Looks at the lasting network only: hostile ones need not work. */
  private String failedPings(Predicate<MeshReport.Ping> which) {
    var report = control.ask(Request.of(Request.Command.STATUS), MeshReport.class);
    var addresses =
        report.members().stream()
            .filter(member -> member.network().equals(network))
            .filter(member ->
                before.nodes().stream().anyMatch(node -> node.name().equals(member.machine())))
            .flatMap(member -> member.addresses().stream())
            .collect(Collectors.toSet());
    return report.pings().stream()
        .filter(which)
        .filter(ping -> addresses.contains(ping.address()) && !ping.answered())
        .map(ping -> ping.from() + " does not reach " + ping.to() + " at " + ping.address())
        .findFirst()
        .orElse("");
  }

  void startPings() {
    var members =
        control.ask(Request.of(Request.Command.STATUS), MeshReport.class).members().stream()
            .filter(it -> it.network().equals(network))
            .toList();
    var nodes =
        members.stream()
            .filter(it -> before.nodes().stream().anyMatch(n -> n.name().equals(it.machine())))
            .toList();
    for (int i = 0; i < nodes.size(); i++) {
      startPing(nodes.get(i).machine(), nodes.get((i + 1) % nodes.size()));
    }
    hosts.forEach(host -> startPing(host, nodes.getFirst()));
  }

  private void startPing(String machine, MeshReport.Member target) {
    if (machine.equals(target.machine())) {
      return;
    }
    var keeper =
        control.ask(
            new Request(Request.Command.MACHINE, Map.of("name", machine)), Request.Machine.class);
    var name = machine + " to " + target.machine();
    pings.add(
        new PingCount(
            name,
            keeper.keeperPid(),
            target.addresses().getFirst(),
            logs.resolve(name.replace(' ', '-') + ".log")));
  }

  void stopPings() {
    pings.forEach(PingCount::close);
    pings.clear();
  }

  @Override
  public void close() throws IOException {
    stopPings();
    for (var host : hosts) {
      try {
        var _ =
            control.ask(new Request(Request.Command.REMOVE_HOST, Map.of("name", host)), Map.class);
      } catch (LabException e) {
        // It was not made, or the lab has just ended.
        continue;
      }
    }
    try (var files = Files.list(logs)) {
      for (var file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(logs);
  }
}
