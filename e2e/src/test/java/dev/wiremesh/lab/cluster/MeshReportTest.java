package dev.wiremesh.lab.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.lab.cluster.MeshReport.Member;
import dev.wiremesh.lab.cluster.MeshReport.Node;
import dev.wiremesh.lab.cluster.MeshReport.Outside;
import dev.wiremesh.lab.cluster.MeshReport.Ping;
import dev.wiremesh.lab.cluster.MeshReport.Program;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeshReportTest {
  private static final Program RUNNING = new Program(true, 0, "http://127.0.0.1:1/metrics", "log");
  private static final Member N1 = member("n1", "10.70.0.2");
  private static final Member N2 = member("n2", "10.70.0.3");
  private static final Ping THERE = new Ping("n1", "n2", "10.70.0.3", 0.4);
  private static final Ping BACK = new Ping("n2", "n1", "10.70.0.2", 0.4);

  @Test
  void meshWhereEveryNodeAnswersIsComplete() {
    assertThat(report(List.of(N1, N2), List.of(THERE, BACK)).complete()).isTrue();
  }

  @Test
  void oneLostAnswerBetweenNodesIsNot() {
    var lost = new Ping("n2", "n1", "10.70.0.2", null);

    assertThat(report(List.of(N1, N2), List.of(THERE, lost)).complete()).isFalse();
  }

  @Test
  void nodeWithoutItsAddressIsNot() {
    var unplaced = new Member("home", "n2", List.of(), "wg-home", List.of());

    assertThat(report(List.of(N1, unplaced), List.of()).complete()).isFalse();
  }

  @Test
  void laptopThatIsOffIsNoError() {
    var off = new Ping("n1", "laptop", "10.70.0.1", null);

    assertThat(report(List.of(N1, N2), List.of(THERE, BACK, off)).complete()).isTrue();
  }

  private static Member member(String node, String address) {
    return new Member("home", node, List.of(address), "wg-home", List.of());
  }

  private static MeshReport report(List<Member> members, List<Ping> pings) {
    return new MeshReport(
        "lab",
        new MeshReport.ControlPlane("Kubernetes", "kubeconfig", "https://127.0.0.1:1"),
        RUNNING,
        List.of(new Node("n1", "10.88.0.11", RUNNING), new Node("n2", "10.88.0.12", RUNNING)),
        List.of(new Outside("laptop", "default/laptop", "wireguard-go", false)),
        members,
        pings);
  }
}
