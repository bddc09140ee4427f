package dev.wiremesh.lab.story;

import dev.wiremesh.testkit.host.Host;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Two office LANs and remote developers around one public node.
 *
 * <pre>
 *   n1  public node, gateway            n2  node of the cluster
 *   office200   router of 192.168.200.0/24 behind carrier200; it knows no way to the mesh
 *     gate200, spare200   plain clients in that LAN, which masquerade, one at a time     printer
 *   office201   router of 192.168.201.0/24 behind carrier201, with static routes by way of gate201
 *     gate201   client of systemd-networkd in that LAN                                   camera
 *   branch      router of another 192.168.201.0/24, and plain client: 10.201.0.0/24      scale
 *   ann, bob    developers, ann behind the NAT of a hotel, then in the LAN of office201
 * </pre>
 *
 * <p>Owned by one thread.
 */
final class OfficeStory implements Story {
  private static final int HTTP = 80;
  private static final int GATE = 2;
  private static final int SPARE = 3;
  private static final int DEVICE = 244;
  private static final int ANN_IN_THE_OFFICE = 50;
  private static final String PRINTER_LAN = "192.168.200.0/24";
  private static final List<String> GATES = List.of("gate200", "spare200");
  private static final String HOTEL = "192.168.177.";
  private static final String BRANCH = "10.201.0.";

  /** The switch takes about two seconds; a busy machine answers late. */
  private static final Duration LONGEST_SWITCH = Duration.ofSeconds(5);

  /** From the new link to the first answer. */
  private static final Duration LONGEST_MOVE = Duration.ofSeconds(2);

  private static final Duration ON_THE_WAY = Duration.ofSeconds(2);

  private @Nullable EdgeLan lan200;
  private @Nullable EdgeLan lan201;

  @Override
  public String name() {
    return "office";
  }

  @Override
  public String network() {
    return "offices";
  }

  @Override
  public void build(StoryScene scene) throws InterruptedException {
    scene.say("Building two offices and two developers");
    var office200 = officeRouter(scene, "office200", "200");
    var office201 = officeRouter(scene, "office201", "201");
    lan200 = scene.lan(office200, PRINTER_LAN);
    lan201 = scene.lan(office201, "192.168.201.0/24");
    var gate200 = lan200.device("gate200", GATE);
    var spare200 = lan200.device("spare200", SPARE);
    var gate201 = lan201.device("gate201", GATE);
    scene.servePage(lan200.device("printer", DEVICE), HTTP);
    lan201.device("camera", DEVICE);
    var branch = officeRouter(scene, "branch", "202");
    scene.lan(branch, "192.168.201.0/24").device("scale", DEVICE);
    for (var range : List.of("10.74.0.0/16", PRINTER_LAN)) {
      office201.route(range, lan201.address(GATE));
    }
    var ann = scene.add("ann");
    scene.behind(ann, "eth0", scene.natRouter("hotel"), HOTEL);
    var bob = scene.add("bob");
    scene.behind(bob, "eth0", scene.natRouter("bobs-router"), "192.168.178.");
    for (var client : List.of(gate200, spare200, branch, ann, bob)) {
      scene.client(client);
    }
    scene.networkdClient(gate201);
  }

  private static Host officeRouter(StoryScene scene, String name, String number) {
    var carrier = scene.natRouter("carrier" + number);
    var router = scene.add(name);
    scene.behind(router, "wan", carrier, "100.64." + number + ".");
    scene.masquerade(router);
    return router;
  }

  @Override
  public List<Reach> reaches(StoryScene scene) throws InterruptedException {
    var printer = requireNonNull(lan200).address(DEVICE);
    var gate = scene.activeOf(GATES, PRINTER_LAN);
    var gateAddress = requireNonNull(lan200).address(gate.equals("gate200") ? GATE : SPARE);
    var camera = requireNonNull(lan201).address(DEVICE);
    var scale = BRANCH + DEVICE;
    var ann = scene.peerAddress("ann");
    var bob = scene.peerAddress("bob");
    return List.of(
        Reach.ping(printer, gateAddress, "ann", "n1", gate, "printer"),
        Reach.tcp(printer, gateAddress, "ann", "n1", gate, "printer"),
        Reach.ping(printer, gateAddress, "bob", "n1", gate, "printer"),
        Reach.ping(camera, ann, "ann", "n1", "gate201", "camera"),
        Reach.ping(camera, bob, "bob", "n1", "gate201", "camera"),
        Reach.ping(bob, ann, "ann", "n1", "bob"),
        Reach.ping(ann, bob, "bob", "n1", "ann"),
        Reach.ping(ann, camera, "camera", "office201", "gate201", "n1", "ann"),
        Reach.ping(printer, gateAddress, "camera", "office201", "gate201", "n1", gate, "printer"),
        Reach.tcp(printer, gateAddress, "camera", "office201", "gate201", "n1", gate, "printer"),
        Reach.ping(printer, gateAddress, "n2", "n1", gate, "printer"),
        Reach.ping(camera, scene.nodeAddress("n2"), "n2", "n1", "gate201", "camera"),
        Reach.ping(scale, ann, "ann", "n1", "branch", "scale"),
        Reach.ping(bob, scale, "scale", "branch", "n1", "bob"),
        Reach.ping(printer, gateAddress, "scale", "branch", "n1", gate, "printer"));
  }

  /** One of the two gates loses its link under a running flow. */
  @Override
  public void failures(StoryScene scene, StoryReport.Builder report) throws InterruptedException {
    var lan = requireNonNull(lan200);
    var gate = scene.activeOf(GATES, PRINTER_LAN);
    var ends = new PingFlow.Ends("bob", "printer", lan.address(DEVICE));
    try (var flow = new PingFlow(scene.machine("bob"), ends, scene.logs())) {
      scene.await("bob reaches the printer", flow::isAnswered);
      scene.say("%s loses its link".formatted(gate));
      double cut = StoryRun.now();
      lan.unplug(scene.machine(gate));
      // Answers that are on their way come within this time.
      double after = cut + 0.2;
      var _ =
          scene.becomes(
              "the other gate carries the flow",
              StoryScene.PATIENCE,
              () -> flow.isAnsweredSince(after));
      double gap = flow.firstAnswerSince(after) - cut;
      report.add(
          new StoryReport.Row(
              "bob",
              "printer " + ends.address(),
              gate + " loses its link -> the other gate",
              "answered again after %.1f s".formatted(gap),
              gap <= LONGEST_SWITCH.toSeconds()));
    }
    lan.plugIn(scene.machine(gate));
  }

  /** Ann's laptop joins the office's LAN; its configuration stays as it is. */
  @Override
  public void moves(StoryScene scene, StoryReport.Builder report) throws InterruptedException {
    var ann = scene.machine("ann");
    var printer = requireNonNull(lan200).address(DEVICE);
    var toAnn = new PingFlow.Ends("bob", "ann", scene.peerAddress("ann"));
    // Datagrams for ann still go to the hotel while she is on her way.
    try (var flow = new PingFlow(ann, new PingFlow.Ends("ann", "printer", printer), scene.logs());
        var other = new PingFlow(scene.machine("bob"), toAnn, scene.logs())) {
      scene.await("ann and bob are answered", () -> flow.isAnswered() && other.isAnswered());
      scene.say("ann comes to the office and joins its LAN");
      ann.ip("link", "delete", "eth0");
      scene.pause("ann is on her way", ON_THE_WAY);
      requireNonNull(lan201).join(ann, ANN_IN_THE_OFFICE);
      double joined = StoryRun.now();
      var _ =
          scene.becomes(
              "ann gets an answer in the office",
              StoryScene.PATIENCE,
              () -> flow.isAnsweredSince(joined));
      double gap = Math.max(0, flow.firstAnswerSince(joined) - joined);
      report.add(
          new StoryReport.Row(
              "ann",
              "printer " + printer,
              "hotel -> LAN of office201",
              "answered again after %.1f s".formatted(gap),
              gap <= LONGEST_MOVE.toSeconds()));
    }
  }

  @Override
  public List<Reach> reachesAfterMoves(StoryScene scene) throws InterruptedException {
    var printer = requireNonNull(lan200).address(DEVICE);
    var gate = scene.activeOf(GATES, PRINTER_LAN);
    var gateAddress = requireNonNull(lan200).address(gate.equals("gate200") ? GATE : SPARE);
    return List.of(
        Reach.direct(
            requireNonNull(lan201).address(DEVICE),
            requireNonNull(lan201).address(ANN_IN_THE_OFFICE),
            "ann",
            "camera"),
        Reach.ping(printer, gateAddress, "ann", "n1", gate, "printer"),
        Reach.ping(scene.peerAddress("ann"), scene.peerAddress("bob"), "bob", "n1", "ann"));
  }

  @Override
  public List<PingFlow.Ends> flows(StoryScene scene) throws InterruptedException {
    return List.of(
        new PingFlow.Ends("ann", "printer", requireNonNull(lan200).address(DEVICE)),
        new PingFlow.Ends("bob", "camera", requireNonNull(lan201).address(DEVICE)),
        new PingFlow.Ends("ann", "bob", scene.peerAddress("bob")),
        new PingFlow.Ends("camera", "printer", requireNonNull(lan200).address(DEVICE)),
        new PingFlow.Ends("n2", "camera", requireNonNull(lan201).address(DEVICE)));
  }

  @Override
  public void edgeFaults(StoryScene scene, FaultedFlows flows) throws InterruptedException {
    var printer = requireNonNull(lan200).address(DEVICE);
    var camera = requireNonNull(lan201).address(DEVICE);
    var gate = scene.activeOf(GATES, PRINTER_LAN);
    flows.during(
        "WireGuard on %s killed, the other gate takes over".formatted(gate),
        List.of(
            new PingFlow.Ends("bob", "printer", printer),
            new PingFlow.Ends("camera", "printer", printer)),
        LONGEST_SWITCH,
        () -> scene.killClient(scene.machine(gate)));
    scene.client(scene.machine(gate));
    flows.during(
        "ann moves from the LAN of office201 to the hotel",
        List.of(
            new PingFlow.Ends("ann", "printer", printer),
            new PingFlow.Ends("ann", "camera", camera),
            new PingFlow.Ends("bob", "ann", scene.peerAddress("ann"))),
        LONGEST_MOVE,
        () -> {
          scene.machine("ann").ip("link", "delete", "eth0");
          scene.behind(scene.machine("ann"), "eth0", scene.machine("hotel"), HOTEL);
        });
    // Nothing but its keepalive reopens the NAT of a gate whose LAN only answers.
    flows.during(
        "carrier201 forgets the NAT mappings",
        List.of(new PingFlow.Ends("bob", "camera", camera)),
        StoryScene.LONGEST_GAP_OF_NAT,
        () -> scene.forgetMappings(scene.machine("carrier201")));
  }

  private static <T> T requireNonNull(@Nullable T built) {
    if (built == null) {
      throw new IllegalStateException("the story is not built yet");
    }
    return built;
  }
}
