package dev.wiremesh.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class RequeueSourceTest {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Clock clock =
      new Clock() {
        @Override
        public Instant instant() {
          return now;
        }

        @Override
        public ZoneId getZone() {
          return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
          return this;
        }
      };
  private final RequeueSource<ConfigMap> nudges = new RequeueSource<>("configmap", clock);
  private final Set<ResourceID> there = new HashSet<>(Set.of(new ResourceID("a")));
  private final List<ResourceID> told = new ArrayList<>();

  @BeforeEach
  void start() {
    nudges.setEventHandler(event -> told.add(event.getRelatedCustomResourceID()));
    nudges.knows(there::contains);
    nudges.start();
  }

  @Test
  void whoeverIsNeverLookedAtIsNoticed() {
    nudges.of("a");
    now = now.plus(PATIENCE).plusSeconds(1);

    assertThat(told).containsExactly(new ResourceID("a"));
    assertThat(nudges.waitingLongerThan(PATIENCE)).get().asString().startsWith("configmap: ");
  }

  @Test
  void whoeverIsLookedAtWaitsNoMore() {
    nudges.of("a");
    nudges.lookedAt(new ConfigMapBuilder().withNewMetadata().withName("a").endMetadata().build());
    now = now.plus(PATIENCE).plusSeconds(1);

    assertThat(nudges.waitingLongerThan(PATIENCE)).isEmpty();
  }

  @Test
  void whoeverIsGoneWaitsNoMore() {
    nudges.of("a");
    there.clear();
    now = now.plus(PATIENCE).plusSeconds(1);

    assertThat(nudges.waitingLongerThan(PATIENCE)).isEmpty();
  }

  @Test
  void nobodyHasWaitedForAReplicaThatDidNotWork() {
    nudges.of("a");
    now = now.plus(PATIENCE).plusSeconds(1);
    nudges.beginAnew();

    assertThat(nudges.waitingLongerThan(PATIENCE)).isEmpty();
  }
}
