package dev.wiremesh.lab.story;

import dev.wiremesh.testkit.host.Host;
import java.util.List;

/**
 * A LAN with a prefix of 24 bits: a bridge on its router, which is .1 in it.
 *
 * <p>Owned by one thread.
 */
final class EdgeLan {
  /** Prefix of the names of bridge ports. */
  static final String PORT = "port";

  private static final String BRIDGE = "br-lan";
  private static final String DEVICE = "eth0";

  private final StoryScene scene;
  private final Host router;
  private final String firstThree;
  private int ports;

  /**
   * @param prefix such as {@code 192.168.2.0/24}
   */
  EdgeLan(StoryScene scene, Host router, String prefix) {
    this.scene = scene;
    this.router = router;
    this.firstThree = prefix.substring(0, prefix.lastIndexOf('.') + 1);
    router.createBridge(BRIDGE);
    router.address(BRIDGE, address(1) + "/24");
    // A device that learns a shorter way from its router would not always take the same one.
    for (var device : List.of("all", BRIDGE)) {
      router.exec("bash", "-c", "echo 0 > /proc/sys/net/ipv4/conf/" + device + "/send_redirects");
    }
  }

  String address(int last) {
    return firstThree + last;
  }

  /** A new machine in the LAN, with the router as its default gateway. */
  Host device(String name, int last) {
    var machine = scene.add(name);
    join(machine, last);
    return machine;
  }

  /** Connects a machine by {@code eth0}. */
  void join(Host machine, int last) {
    machine.connectToBridge(DEVICE, router, BRIDGE, PORT + ports++);
    machine.address(DEVICE, address(last) + "/24");
    machine.route("default", address(1));
  }

  /** Takes the link of a machine down. */
  void unplug(Host machine) {
    machine.ip("link", "set", DEVICE, "down");
  }

  /** The opposite of {@link #unplug}. */
  void plugIn(Host machine) {
    machine.ip("link", "set", DEVICE, "up");
    machine.route("default", address(1));
  }
}
