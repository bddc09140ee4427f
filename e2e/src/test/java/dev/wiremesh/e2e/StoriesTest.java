package dev.wiremesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.lab.story.Story;
import dev.wiremesh.lab.story.StoryReport;
import dev.wiremesh.lab.story.StoryRun;
import dev.wiremesh.testkit.junit.RequiresTool;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The stories of {@code examples/home} and {@code examples/office}, as {@code lab story} tells
 * them: plain WireGuard clients, LAN devices without one, and every way judged by captures.
 */
@OnLab
@Tag("stories")
@RequiresTool("tcpdump")
class StoriesTest {
  private final Lab lab;

  StoriesTest(Lab lab) {
    this.lab = lab;
  }

  @Test
  void homeLansLaptopAndPhoneReachEachOtherByThePublicNode() throws InterruptedException {
    everyRowHolds("home");
  }

  @Test
  void developersReachOfficeLansAndEachOther() throws InterruptedException {
    everyRowHolds("office");
  }

  private void everyRowHolds(String name) throws InterruptedException {
    var story = Story.of(name);
    lab.apply(lab.checkout().example(name));
    try (var run = new StoryRun(lab, story, System.err::println)) {
      var report = run.run();
      assertThat(report.rows()).filteredOn(row -> !row.holds()).isEmpty();
      assertThat(report.rows()).extracting(StoryReport.Row::from).contains("underlay");
    } finally {
      remove(story);
    }
  }

  /** The other tests of the lab see the nodes of their own network only. */
  private void remove(Story story) {
    var client = lab.client();
    client.resources(Peer.class).inNamespace(story.name()).delete();
    client.resources(WireGuardNetwork.class).withName(story.network()).delete();
    await()
        .atMost(MeshDriver.SOON)
        .until(() ->
            lab.nodes().stream()
                .noneMatch(node ->
                    lab.machine(node).exec("wg", "show", "interfaces").contains(story.network())));
  }
}
