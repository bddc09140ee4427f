package dev.wiremesh.lab.story;

import dev.wiremesh.testkit.host.Host;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Two home LANs, a laptop and a phone around one public node.
 *
 * <pre>
 *   n1  public node, gateway            n2  node of the cluster, with the pod web
 *   router2  plain client, behind the NAT of isp2   LAN 192.168.2.0/24: tv
 *   router4  plain client, behind the NAT of isp4   LAN 192.168.4.0/24: nas
 *   laptop   behind the NAT of cafe
 *   phone    on 5G behind the NAT of carrier, or on the Wi-Fi of cafe
 * </pre>
 *
 * <p>Owned by one thread.
 */
final class HomeStory implements Story {
  private static final int HTTP = 80;
  private static final String HUB = "10.73.0.1";
  private static final Duration LONG_SLEEP = Duration.ofMinutes(5);

  private @Nullable EdgeLan lan2;
  private @Nullable EdgeLan lan4;
  private @Nullable PodStandIn web;
  private @Nullable Phone phone;
  private final Duration sleep;

  /**
   * @param sleep of the phone before it wakes on 5G
   */
  HomeStory(Duration sleep) {
    this.sleep = sleep;
  }

  @Override
  public String name() {
    return "home";
  }

  @Override
  public String network() {
    return "two-homes";
  }

  @Override
  public void build(StoryScene scene) throws InterruptedException {
    scene.say("Building two home LANs, a laptop, a phone and a pod");
    var router2 = homeRouter(scene, "2");
    var router4 = homeRouter(scene, "4");
    lan2 = scene.lan(router2, "192.168.2.0/24");
    lan2.device("tv", 20);
    lan4 = scene.lan(router4, "192.168.4.0/24");
    scene.servePage(lan4.device("nas", 30), HTTP);
    var cafe = scene.natRouter("cafe");
    var laptop = scene.add("laptop");
    scene.behind(laptop, "eth0", cafe, "192.168.177.");
    phone = new Phone(scene, scene.natRouter("carrier"), cafe);
    web = PodStandIn.create(scene, "web", "n2", name());
    scene.client(router2);
    scene.client(router4);
    scene.client(laptop);
    scene.client(phone.machine());
  }

  /** An OpenWrt-like router: the LAN's router and the WireGuard client in one. */
  private static Host homeRouter(StoryScene scene, String number) {
    var provider = scene.natRouter("isp" + number);
    var router = scene.add("router" + number);
    scene.behind(router, "wan", provider, "100.64." + number + ".");
    router.enableForwarding();
    router.masquerade("wan");
    return router;
  }

  @Override
  public List<Reach> reaches(StoryScene scene) throws InterruptedException {
    var tv = requireNonNull(lan2).address(20);
    var nas = requireNonNull(lan4).address(30);
    var pod = requireNonNull(web);
    var laptop = scene.peerAddress("laptop");
    var phoneAddress = scene.peerAddress("phone");
    return List.of(
        Reach.ping(nas, tv, "tv", "router2", "n1", "router4", "nas"),
        Reach.ping(tv, nas, "nas", "router4", "n1", "router2", "tv"),
        Reach.tcp(nas, tv, "tv", "router2", "n1", "router4", "nas"),
        Reach.ping(tv, laptop, "laptop", "n1", "router2", "tv"),
        Reach.tcp(nas, laptop, "laptop", "n1", "router4", "nas"),
        Reach.ping(laptop, tv, "tv", "router2", "n1", "laptop"),
        Reach.ping(nas, phoneAddress, "phone", "n1", "router4", "nas"),
        Reach.ping(phoneAddress, laptop, "laptop", "n1", "phone"),
        Reach.ping(laptop, phoneAddress, "phone", "n1", "laptop"),
        Reach.ping(HUB, tv, "tv", "router2", "n1"),
        Reach.ping(scene.nodeAddress("n2"), laptop, "laptop", "n1", "n2"),
        Reach.ping(tv, scene.nodeAddress("n2"), "n2", "n1", "router2", "tv"),
        Reach.ping(pod.address(), tv, "tv", "router2", "n1", "n2", "web"),
        Reach.tcp(pod.clusterIp(), nas, "nas", "router4", "n1", "n2", "web"),
        Reach.tcp(pod.clusterIp(), laptop, "laptop", "n1", "n2", "web"),
        Reach.ping(nas, pod.address(), "web", "n2", "n1", "router4", "nas"));
  }

  @Override
  public void moves(StoryScene scene, StoryReport.Builder report) throws InterruptedException {
    requireNonNull(phone).roams(requireNonNull(lan4).address(30), sleep, report);
  }

  @Override
  public List<PingFlow.Ends> flows(StoryScene scene) throws InterruptedException {
    return List.of(
        new PingFlow.Ends("tv", "nas", requireNonNull(lan4).address(30)),
        new PingFlow.Ends("nas", "tv", requireNonNull(lan2).address(20)),
        new PingFlow.Ends("laptop", "web", requireNonNull(web).address()),
        new PingFlow.Ends("n2", "laptop", scene.peerAddress("laptop")));
  }

  @Override
  public void duringOutage(StoryScene scene, Duration outage, List<FaultReport.Row> rows)
      throws InterruptedException {
    var asleep = outage.compareTo(LONG_SLEEP) < 0 ? outage.dividedBy(2) : LONG_SLEEP;
    double gap = requireNonNull(phone).sleepAndMove(requireNonNull(lan4).address(30), asleep, true);
    rows.add(
        new FaultReport.Row(
            "phone asleep for %d s, then on Wi-Fi, without control plane"
                .formatted(asleep.toSeconds()),
            "phone to nas",
            0,
            0,
            gap,
            "the gap is from its first packet",
            gap <= Phone.LONGEST_GAP.toSeconds()));
    scene.pause("The control plane is away", outage.minus(asleep));
  }

  /** Nothing but its keepalive reopens the NAT of a router whose LAN only answers. */
  @Override
  public void edgeFaults(StoryScene scene, FaultedFlows flows) throws InterruptedException {
    flows.during(
        "isp2 forgets the NAT mappings",
        List.of(new PingFlow.Ends("nas", "tv", requireNonNull(lan2).address(20))),
        StoryScene.LONGEST_GAP_OF_NAT,
        () -> scene.forgetMappings(scene.machine("isp2")));
  }

  private static <T> T requireNonNull(@Nullable T built) {
    if (built == null) {
      throw new IllegalStateException("the story is not built yet");
    }
    return built;
  }
}
