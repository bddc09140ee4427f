package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.apply.AgentPorts;
import dev.wiremesh.agent.bypass.ApiAccess;
import dev.wiremesh.agent.host.FootprintStore;
import dev.wiremesh.agent.report.NodeReport;
import dev.wiremesh.agent.state.MeshStore;
import dev.wiremesh.wireguard.device.DeviceConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A control loop in a world of fakes, with a real folder for its state. */
final class LoopFixture {
  static final String HOST = "host wg-home [10.70.0.0/16]";

  final FakeWorld world = new FakeWorld();
  final WakeUp wakeUp = new WakeUp();
  final FakeObjects objects = new FakeObjects();
  final FootprintStore footprints;
  final MeshStore store;
  private ControlLoop loop;

  LoopFixture(Path folder) {
    footprints = new FootprintStore(folder);
    store = new MeshStore(folder);
    loop = newLoop();
  }

  private ControlLoop newLoop() {
    return new ControlLoop(
        objects,
        "node-a",
        new AgentPorts(
            new AgentPorts.Node(world.deviceMaker(), world.host(), world.uninstall()),
            new AgentPorts.Files(footprints, store),
            world.resolver(),
            world.reporter(),
            (network, duration) -> {},
            new ApiAccess(world.bypass(), world.probe())),
        wakeUp,
        world.clock());
  }

  ControlLoop loop() {
    return loop;
  }

  /** Another agent with the same state on disk; nothing was said to the first one. */
  void restart() {
    loop = newLoop();
  }

  void step() {
    loop.cycle();
  }

  FakeDevice device() {
    var device = world.devices.get("wg-home");
    if (device == null) {
      throw new AssertionError("there is no device");
    }
    return device;
  }

  DeviceConfig settings() {
    var settings = device().settings;
    if (settings == null) {
      throw new AssertionError("the device was not configured");
    }
    return settings;
  }

  /** Where the device was told to dial a peer; null if nowhere. */
  @Nullable String hint(String peer) {
    var settings = device().peers.get(FakeObjects.key(peer));
    var hint = settings == null ? null : settings.path().endpointHint();
    return hint == null ? null : hint.toString();
  }

  NodeReport last() {
    return world.nodeReports.getLast();
  }
}
