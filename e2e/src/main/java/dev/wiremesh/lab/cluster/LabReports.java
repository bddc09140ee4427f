package dev.wiremesh.lab.cluster;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Observations of a whole lab as {@link MeshReport}s. Thread-safe. */
final class LabReports {
  private final LabDirectory folder;
  private final ControlPlane controlPlane;
  private final Programs programs;
  private final PortForwards forwards;
  private final OutsideHosts outside;
  private final Observer observer;

  LabReports(
      LabDirectory folder,
      ControlPlane controlPlane,
      Programs programs,
      PortForwards forwards,
      OutsideHosts outside,
      Observer observer) {
    this.folder = folder;
    this.controlPlane = controlPlane;
    this.programs = programs;
    this.forwards = forwards;
    this.outside = outside;
    this.observer = observer;
  }

  /** Observes the mesh; the pings take up to a second. */
  MeshReport of(Map<String, Host> nodes, Map<String, Host> machines) {
    var outsideHosts = outside.all();
    var pings = observer.pingMatrix(machines, members(nodes, outsideHosts));
    // Read again: the pings may have started sessions.
    var members = members(nodes, outsideHosts);
    return new MeshReport(
        folder.name(),
        new MeshReport.ControlPlane(
            controlPlane.binaries().describe(),
            folder.kubeconfig().toString(),
            controlPlane.server()),
        program(programs.operator(), "operator"),
        nodes.keySet().stream()
            .map(node ->
                new MeshReport.Node(
                    node, Underlay.addressOf(node), program(programs.agent(node), node)))
            .toList(),
        outsideHosts.stream()
            .map(host ->
                new MeshReport.Outside(
                    host.request().name(),
                    host.request().peer(),
                    host.request().with().toString(),
                    host.request().behindNat()))
            .toList(),
        members,
        pings);
  }

  private List<MeshReport.Member> members(Map<String, Host> nodes, List<OutsideHost> outsideHosts) {
    var members = new ArrayList<>(observer.members(nodes));
    outsideHosts.forEach(host -> members.add(observer.outsideMember(host)));
    return members;
  }

  private MeshReport.Program program(Workload workload, String target) {
    return new MeshReport.Program(
        workload.isRunning(),
        workload.failures(),
        "http://" + forwards.address(target) + "/metrics",
        workload.log().toString());
  }
}
