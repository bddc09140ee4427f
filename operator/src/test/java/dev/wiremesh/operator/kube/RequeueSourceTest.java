package dev.wiremesh.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
  private final Clock clock = ((InstantSource) () -> now).withZone(ZoneOffset.UTC);
  private final RequeueSource<ConfigMap> requeues = new RequeueSource<>("configmap", clock);
  private final Set<ResourceID> existing = new HashSet<>(Set.of(new ResourceID("a")));
  private final List<ResourceID> requeued = new ArrayList<>();

  @BeforeEach
  void start() {
    requeues.setEventHandler(event -> requeued.add(event.getRelatedCustomResourceID()));
    requeues.setPrimaries(existing::contains);
    requeues.start();
  }

  @Test
  void requeueThatIsNotServedIsStuck() {
    requeues.requeue("a");
    now = now.plus(PATIENCE).plusSeconds(1);

    assertThat(requeued).containsExactly(new ResourceID("a"));
    assertThat(requeues.stuckLongerThan(PATIENCE)).get().asString().startsWith("configmap: ");
  }

  @Test
  void requeueThatIsServedIsNotStuck() {
    requeues.requeue("a");
    requeues.served(new ConfigMapBuilder().withNewMetadata().withName("a").endMetadata().build());
    now = now.plus(PATIENCE).plusSeconds(1);

    assertThat(requeues.stuckLongerThan(PATIENCE)).isEmpty();
  }

  @Test
  void requeueOfADeletedPrimaryIsNotStuck() {
    requeues.requeue("a");
    existing.clear();
    now = now.plus(PATIENCE).plusSeconds(1);

    assertThat(requeues.stuckLongerThan(PATIENCE)).isEmpty();
  }

  @Test
  void requeuesBeforeTheReplicaLeadsAreNotStuck() {
    requeues.requeue("a");
    now = now.plus(PATIENCE).plusSeconds(1);
    requeues.reset();

    assertThat(requeues.stuckLongerThan(PATIENCE)).isEmpty();
  }
}
