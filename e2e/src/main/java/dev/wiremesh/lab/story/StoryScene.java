package dev.wiremesh.lab.story;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.lab.cluster.HostRequest;
import dev.wiremesh.lab.cluster.HostRequest.Implementation;
import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.Command;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The machines of a story on a lab, and the steps that build them.
 *
 * <p>Owned by one thread. {@link #close} removes the machines and the programs on them.
 */
public final class StoryScene implements AutoCloseable {
  /** Generous: it says that something happens, not how fast the machine is. */
  static final Duration PATIENCE = Duration.ofSeconds(90);

  /** The keepalive of a client behind NAT, and one for a busy machine. */
  static final Duration LONGEST_GAP_OF_NAT = Duration.ofSeconds(27);

  private static final String UPLINK = "wan";
  private static final String DAEMON = "wireguard-go";
  private static final Duration TELL_EVERY = Duration.ofSeconds(2);

  private final Lab lab;
  private final Story story;
  private final Consumer<String> progress;
  private final Map<String, Host> machines = new LinkedHashMap<>();
  private final Set<String> clients = new LinkedHashSet<>();
  private final List<WebPage> pages = new ArrayList<>();
  private final List<NetworkdClient> networkdClients = new ArrayList<>();
  private final List<StoryReport.Row> rows = new ArrayList<>();

  /**
   * Nothing is made yet.
   *
   * @param progress receives lines
   */
  StoryScene(Lab lab, Story story, Consumer<String> progress) {
    this.lab = lab;
    this.story = story;
    this.progress = progress;
  }

  Lab lab() {
    return lab;
  }

  void say(String line) {
    progress.accept(line);
  }

  /** A machine of the story, or a node. */
  Host machine(String name) {
    var ours = machines.get(name);
    return ours == null ? lab.machine(name) : ours;
  }

  /** The machines whose packets are watched: those of the story, and the nodes. */
  List<Host> watched() {
    var all = new ArrayList<>(machines.values());
    lab.nodes().forEach(node -> all.add(lab.machine(node)));
    return all;
  }

  /** The machines that run WireGuard with nothing but their Secret's file. */
  Set<String> clients() {
    return Set.copyOf(clients);
  }

  Path logs() {
    return lab.folder().logs();
  }

  /** A machine without any device. */
  Host add(String name) {
    var machine = lab.addMachine(name);
    machines.put(name, machine);
    return machine;
  }

  /** A router on the underlay that masquerades, such as a carrier's. */
  Host natRouter(String name) {
    var router = add(name);
    lab.plugIn(router, UPLINK);
    masquerade(router);
    return router;
  }

  /**
   * Makes a machine a NAT router with the uplink {@code wan}. It never sends a packet back to its
   * uplink: without that rule, a datagram for a client that has just left its LAN would go out
   * again with the LAN's address as its target.
   */
  void masquerade(Host router) {
    router.enableForwarding();
    router.masquerade(UPLINK);
    router
        .command("nft", "-f", "-")
        .withInput(
            """
            table inet uplink {
              chain forward {
                type filter hook forward priority filter;
                iifname "%1$s" oifname "%1$s" drop
              }
            }
            """
                .formatted(UPLINK))
        .check();
  }

  /** Connects a machine to a NAT router, in a network of 24 bits: the router is .1, it is .2. */
  void behind(Host machine, String device, Host router, String firstThree) {
    var port = "to-" + machine.name();
    machine.connect(device, router, port);
    router.address(port, firstThree + "1/24");
    machine.address(device, firstThree + "2/24");
    machine.route("default", firstThree + "1");
  }

  EdgeLan lan(Host router, String prefix) {
    return new EdgeLan(this, router, prefix);
  }

  /**
   * Makes a NAT router forget its mappings, as a restart of it does: the kernel drops those of a
   * masqueraded device that goes down.
   */
  void forgetMappings(Host router) {
    var gateway = router.ip("route", "show", "default").strip().split(" ")[2];
    router.ip("link", "set", UPLINK, "down");
    router.ip("link", "set", UPLINK, "up");
    router.route("default", gateway);
  }

  /** Kills the WireGuard of a client; its interface goes with it. */
  void killClient(Host machine) {
    for (var pid : Command.of("ip", "netns", "pids", machine.namespace()).check().split("\\s+")) {
      if (machine.exec("cat", "/proc/" + pid + "/comm").strip().equals(DAEMON)) {
        machine.exec("kill", "-9", pid);
      }
    }
  }

  /**
   * Brings up WireGuard on a machine with the file of the Peer of its name. A client reads its file
   * once: it waits until the routes of the other Peers are in it.
   */
  void client(Host machine) throws InterruptedException {
    awaitFile(machine.name());
    say("Bringing up %s with nothing but its Secret's file".formatted(machine.name()));
    lab.configure(
        new HostRequest(
            machine.name(),
            story.name() + "/" + machine.name(),
            Implementation.WIREGUARD_GO,
            false,
            Optional.empty()));
    clients.add(machine.name());
  }

  private void awaitFile(String client) throws InterruptedException {
    await(
        "the configuration of %s has the routes of the other Peers".formatted(client),
        () -> new ClientFile(lab.client(), story.name(), client).hasAllRoutes());
  }

  /**
   * Brings up WireGuard on a machine that routes a network, by systemd-networkd with the networkd
   * form of the file; as {@link #client} does where systemd-networkd is not installed.
   */
  void networkdClient(Host machine) throws InterruptedException {
    var program = NetworkdClient.program();
    var row = "the networkd form of its Secret";
    if (program.isEmpty()) {
      client(machine);
      rows.add(
          new StoryReport.Row(
              machine.name(),
              "systemd-networkd",
              row,
              "not applicable: systemd-networkd is not installed",
              true));
      return;
    }
    var name = machine.name();
    awaitFile(name);
    var address = peerAddress(name);
    say("Bringing up %s by systemd-networkd".formatted(name));
    var client = NetworkdClient.start(lab, machine, story.name(), name, program.get(), logs());
    networkdClients.add(client);
    clients.add(name);
    boolean isConfigured =
        becomes(
            "systemd-networkd has configured " + name,
            PATIENCE,
            () -> client.isConfigured(address));
    rows.add(
        new StoryReport.Row(
            name,
            "systemd-networkd",
            row,
            isConfigured
                ? "has %s, routes %s, forwards"
                    .formatted(address, String.join(", ", client.routes()))
                : "NOT CONFIGURED, see networkd-%s.log".formatted(name),
            isConfigured));
  }

  /** The rows about the edges themselves. */
  List<StoryReport.Row> rows() {
    return List.copyOf(rows);
  }

  void servePage(Host machine, int port) {
    pages.add(WebPage.serve(machine, port, logs().resolve("page-" + machine.name())));
  }

  /** The address of a Peer of the story in the mesh, once it has one. */
  String peerAddress(String peer) throws InterruptedException {
    await(
        "the Peer %s has an address".formatted(peer),
        () -> status(peer).filter(status -> !status.isEmpty()).isPresent());
    return status(peer).orElseThrow().getFirst();
  }

  /** The Peer that carries a route which several bring as a group, once it is one. */
  String activeOf(List<String> peers, String cidr) throws InterruptedException {
    await("one of %s carries %s".formatted(peers, cidr), () -> active(peers, cidr).size() == 1);
    return active(peers, cidr).getFirst();
  }

  private List<String> active(List<String> peers, String cidr) {
    return peers.stream()
        .filter(peer ->
            peer(peer)
                .map(Peer::getStatus)
                .filter(status ->
                    status.routes.stream()
                        .anyMatch(route ->
                            route.cidr.equals(cidr)
                                && route.state == PeerStatus.RouteState.ACCEPTED))
                .isPresent())
        .toList();
  }

  /** Waits until the Peer of every client is connected, after a failure or a move. */
  void awaitConnected() throws InterruptedException {
    for (var name : clients) {
      await("the Peer %s is connected".formatted(name), () -> isConnected(name));
    }
  }

  private boolean isConnected(String name) {
    return peer(name).map(Peer::getStatus).stream()
        .flatMap(status -> status.conditions.stream())
        .anyMatch(condition ->
            condition.getType().equals("Connected") && condition.getStatus().equals("True"));
  }

  /** The state of each route of the story's Peers, a line each. */
  String routes() {
    var text = new StringBuilder();
    for (var peer :
        lab.client().resources(Peer.class).inNamespace(story.name()).list().getItems()) {
      if (peer.getStatus() != null) {
        peer.getStatus()
            .routes
            .forEach(route ->
                text.append(
                    "Peer %s: route %s is %s%n"
                        .formatted(peer.getMetadata().getName(), route.cidr, route.state)));
      }
    }
    return text.toString();
  }

  private Optional<List<String>> status(String peer) {
    return peer(peer).map(Peer::getStatus).map(status -> List.copyOf(status.addresses));
  }

  private Optional<Peer> peer(String name) {
    return Optional.ofNullable(
        lab.client().resources(Peer.class).inNamespace(story.name()).withName(name).get());
  }

  /** The address of a node in the story's network. */
  String nodeAddress(String node) {
    return lab.client().resources(MeshNode.class).list().getItems().stream()
        .filter(member -> member.getSpec().networkRef.name.equals(story.network()))
        .filter(member -> member.getSpec().nodeName.equals(node))
        .flatMap(member -> member.getSpec().addresses.stream())
        .findFirst()
        .orElseThrow(() ->
            new LabException("the node %s has no address in %s".formatted(node, story.network())));
  }

  /** The UDP port of the story's network. */
  int listenPort() {
    var effective =
        lab.client()
            .resources(WireGuardNetwork.class)
            .withName(story.network())
            .get()
            .getStatus()
            .effective;
    return Objects.requireNonNull(Objects.requireNonNull(effective).listenPort);
  }

  /** Waits for a condition; throws after {@link #PATIENCE}. Tells every two seconds. */
  void await(String condition, BooleanSupplier holds) throws InterruptedException {
    if (!becomes(condition, PATIENCE, holds)) {
      throw new LabException("waited %d s until %s".formatted(PATIENCE.toSeconds(), condition));
    }
  }

  /** Whether a condition holds within a time. Tells every two seconds. */
  boolean becomes(String condition, Duration within, BooleanSupplier holds)
      throws InterruptedException {
    long began = System.nanoTime();
    long tellAt = began + TELL_EVERY.toNanos();
    while (!holds.getAsBoolean()) {
      long now = System.nanoTime();
      if (now - began > within.toNanos()) {
        return false;
      }
      if (now > tellAt) {
        say("Waiting until " + condition);
        tellAt = now + TELL_EVERY.toNanos();
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
    return true;
  }

  /** Waits for a time, and tells it every ten seconds. */
  void pause(String why, Duration length) throws InterruptedException {
    long end = System.nanoTime() + length.toNanos();
    long left = length.toNanos();
    while (left > 0) {
      say("%s: %d s left".formatted(why, Duration.ofNanos(left).toSeconds()));
      TimeUnit.NANOSECONDS.sleep(Math.min(left, TimeUnit.SECONDS.toNanos(10)));
      left = end - System.nanoTime();
    }
  }

  @Override
  public void close() {
    // An interrupted story is removed too; the clean-up must not be cut short by it.
    boolean isInterrupted = Thread.interrupted();
    pages.forEach(WebPage::close);
    pages.clear();
    networkdClients.forEach(NetworkdClient::close);
    networkdClients.clear();
    // The devices first, then the routers that they are connected to.
    List.copyOf(machines.keySet()).reversed().forEach(lab::removeMachine);
    machines.clear();
    clients.clear();
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
