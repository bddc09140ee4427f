package dev.wiremesh.agent.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

final class StatusWriterTest {
  @AutoClose private final StatusWriter writer = new StatusWriter();
  private final List<String> sent = new CopyOnWriteArrayList<>();

  @Test
  void onlyTheNewestOfAnObjectIsWritten() {
    var busy = new CountDownLatch(1);
    writer.submit("Peer a", () -> awaitQuietly(busy));
    for (int i = 0; i < 100; i++) {
      int number = i;
      writer.submit("Peer b", () -> sent.add("b" + number));
    }
    busy.countDown();
    await().until(() -> !sent.isEmpty());
    assertThat(sent).containsExactly("b99");
  }

  @Test
  void failedWriteIsRetriedAndDelaysNoOther() {
    var tries = new AtomicInteger();
    writer.submit(
        "Peer a",
        () -> {
          if (tries.incrementAndGet() == 1) {
            throw new KubernetesClientException("the server is away");
          }
          sent.add("a");
        });
    writer.submit("Peer b", () -> sent.add("b"));
    await().until(() -> sent.size() == 2);
    assertThat(sent).containsExactly("b", "a");
  }

  @Test
  void objectThatIsGoneIsNotTriedAgain() {
    var tries = new AtomicInteger();
    writer.submit(
        "Peer a",
        () -> {
          tries.incrementAndGet();
          throw new KubernetesClientException(
              "gone", 404, new StatusBuilder().withCode(404).build());
        });
    // A retry of the first object would be due before that of the second.
    var others = new AtomicInteger();
    writer.submit(
        "Peer b",
        () -> {
          if (others.incrementAndGet() == 1) {
            throw new KubernetesClientException("the server is away");
          }
        });
    await().until(() -> others.get() == 2);
    assertThat(tries).hasValue(1);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
