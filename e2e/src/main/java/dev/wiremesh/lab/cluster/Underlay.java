package dev.wiremesh.lab.cluster;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import java.util.ArrayList;
import java.util.List;

/**
 * The underlay network of a lab: one bridge, in the control plane's namespace so that nothing is
 * added to the machine's own.
 *
 * <pre>
 *   control  10.88.0.1   API server, operator, the bridge
 *   n1 …     10.88.0.11  nodes
 *            10.88.0.101 outside hosts, and the routers that some are behind
 * </pre>
 */
final class Underlay {
  static final String CONTROL_ADDRESS = "10.88.0.1";
  static final String POD_CIDR = "10.244.0.0/16";
  static final String SERVICE_CIDR = "10.96.0.0/16";
  static final String DEVICE = "eth0";
  static final String BRIDGE = "underlay";
  private static final int FIRST_OUTSIDE = 101;
  private static final int LAST_OUTSIDE = 250;

  private final Hosts hosts;
  private final Host control;
  private int outside = FIRST_OUTSIDE;
  private int ports;

  Underlay(Hosts hosts) {
    this.hosts = hosts;
    this.control = hosts.create("control");
    control.createBridge(BRIDGE);
    control.address(BRIDGE, CONTROL_ADDRESS + "/24");
  }

  Host control() {
    return control;
  }

  static String nodeName(int number) {
    return "n" + number;
  }

  static String nodeAddress(int number) {
    return "10.88.0." + (10 + number);
  }

  static String addressOf(String node) {
    return nodeAddress(Integer.parseInt(node.substring(1)));
  }

  static String podCidr(int number) {
    return "10.244." + number + ".0/24";
  }

  Host createNode(int number) {
    var node = hosts.create(nodeName(number));
    attach(node, DEVICE, nodeAddress(number));
    // Gateways forward packets between peers, as every Kubernetes node forwards.
    node.enableForwarding();
    return node;
  }

  /** Connects a machine outside the cluster; returns its address. */
  String plugIn(Host host, String device) {
    var address = nextOutside();
    attach(host, device, address);
    return address;
  }

  private synchronized String nextOutside() {
    if (outside > LAST_OUTSIDE) {
      throw new LabException("this lab has had " + (outside - FIRST_OUTSIDE) + " outside hosts");
    }
    return "10.88.0." + outside++;
  }

  private synchronized void attach(Host host, String device, String address) {
    host.connectToBridge(device, control, BRIDGE, "port" + ports++);
    host.address(device, address + "/24");
    host.route("default", CONTROL_ADDRESS);
  }

  /**
   * The devices and hosts made for one outside host; removed together.
   *
   * <p>Single-threaded.
   */
  static final class Outside {
    private final Underlay underlay;
    private final List<Host> machines = new ArrayList<>();

    Outside(Underlay underlay) {
      this.underlay = underlay;
    }

    /** The machines made here, the host itself first. */
    List<Host> machines() {
      return List.copyOf(machines);
    }

    /** A host on the underlay, with an address of its own. */
    Host onUnderlay(String name) {
      var host = add(underlay.hosts.create(name));
      underlay.attach(host, DEVICE, underlay.nextOutside());
      return host;
    }

    /** A host in a home network, behind a router that masquerades. */
    Host behindNat(String name) {
      var host = add(underlay.hosts.create(name));
      var router = add(underlay.hosts.createNatRouter(name + "-router", "wan"));
      underlay.attach(router, "wan", underlay.nextOutside());
      host.connect(DEVICE, router, "lan");
      host.address(DEVICE, "192.168.177.2/24");
      router.address("lan", "192.168.177.1/24");
      host.route("default", "192.168.177.1");
      return host;
    }

    /** A network behind a host, with one machine in it whose router the host is. */
    void lanBehind(Host host, HostRequest.Lan lan) {
      var machine = add(underlay.hosts.create(host.name() + "-lan"));
      machine.connect(DEVICE, host, "lan");
      host.address("lan", lan.withLength(lan.router()));
      machine.address(DEVICE, lan.withLength(lan.machine()));
      machine.route("default", lan.router());
    }

    void undo() {
      machines.reversed().forEach(underlay.hosts::remove);
      machines.clear();
    }

    private Host add(Host host) {
      machines.add(host);
      return host;
    }
  }
}
