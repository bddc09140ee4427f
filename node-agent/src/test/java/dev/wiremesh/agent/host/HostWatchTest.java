package dev.wiremesh.agent.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.host.route.OwnershipMarks;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.wireguard.linux.syscall.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The host watch on a host of its own, which {@code ip} changes. */
@RequiresRoot
final class HostWatchTest {
  /** Patience with a busy machine: a watch that misses the message never notices. */
  private static final long PATIENCE_SECONDS = 60;

  private static final String OUR_PROTOCOL = String.valueOf(OwnershipMarks.PROTOCOL);

  @AutoClose private final Hosts hosts = Hosts.forTest("hw");
  private final Host host = hosts.create("host");
  private final Semaphore changes = new Semaphore(0);
  private HostWatch watch;

  @BeforeEach
  void start() throws IOException {
    host.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far");
    host.ip("link", "set", "eth0", "up");
    for (var family : new String[] {"-4", "-6"}) {
      host.ip(family, "rule", "add", "priority", "519", "lookup", "5190", "protocol", OUR_PROTOCOL);
    }
    watch =
        NetworkNamespace.inside(
            Path.of("/run/netns", host.namespace()), () -> HostWatch.start(changes::release));
  }

  @AfterEach
  void stop() {
    watch.close();
  }

  @Test
  void deletedRuleIsNoticed() throws InterruptedException {
    for (var family : new String[] {"-4", "-6"}) {
      changes.drainPermits();
      host.ip(family, "rule", "del", "priority", "519");
      assertThat(isNoticed()).as("rule of family " + family).isTrue();
    }
  }

  @Test
  void deletedRouteOfOursIsNoticed() throws InterruptedException {
    host.ip("route", "add", "10.70.0.0/16", "dev", "eth0", "table", "5190", "proto", OUR_PROTOCOL);
    assertThat(isNoticed()).isTrue();
    changes.drainPermits();
    host.ip("route", "del", "10.70.0.0/16", "table", "5190");
    assertThat(isNoticed()).isTrue();
  }

  /** As the MTU towards other nodes may change by it. */
  @Test
  void routeOfTheUnderlayIsNoticed() throws InterruptedException {
    host.ip("address", "add", "172.31.0.1/24", "dev", "eth0");
    host.ip("route", "add", "10.1.0.0/16", "via", "172.31.0.2", "mtu", "1400");
    host.ip("route", "add", "10.2.0.7/32", "via", "172.31.0.2");
    assertThat(isNoticed()).isTrue();
    changes.drainPermits();
    host.ip("route", "change", "10.1.0.0/16", "via", "172.31.0.2", "mtu", "1300");
    assertThat(isNoticed()).isTrue();
  }

  private boolean isNoticed() throws InterruptedException {
    return changes.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}
