package dev.wiremesh.agent.apply;

import dev.wiremesh.agent.bypass.ApiAccess;
import dev.wiremesh.agent.device.MeshDevices;
import dev.wiremesh.agent.host.FootprintStore;
import dev.wiremesh.agent.host.HostNetwork;
import dev.wiremesh.agent.report.Reporter;
import dev.wiremesh.agent.resolve.EndpointResolver;
import dev.wiremesh.agent.state.MeshStore;
import dev.wiremesh.agent.uninstall.Uninstall;

/** The interfaces through which the control loop acts; tests have fakes of them. */
public record AgentPorts(
    Node node,
    Files files,
    EndpointResolver resolver,
    Reporter reporter,
    ApplyTimer applyTimer,
    ApiAccess apiAccess) {

  /** The interfaces to the node: devices, its network stack, and its uninstallation. */
  public record Node(MeshDevices devices, HostNetwork host, Uninstall uninstall) {}

  /** Files that survive the agent. */
  public record Files(FootprintStore footprints, MeshStore meshes) {}

  public MeshDevices devices() {
    return node.devices();
  }

  public HostNetwork host() {
    return node.host();
  }

  public Uninstall uninstall() {
    return node.uninstall();
  }

  public FootprintStore footprints() {
    return files.footprints();
  }

  public MeshStore store() {
    return files.meshes();
  }
}
