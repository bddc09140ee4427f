package dev.wiremesh.wireguard.linux.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class NicenessTest {
  @Test
  void onlyTheCallingThreadGivesWay() throws IOException {
    int before = niceness();
    var nicer = new CompletableFuture<Integer>();
    Thread.ofPlatform()
        .start(() -> {
          try {
            Niceness.lower();
            nicer.complete(niceness());
          } catch (IOException | RuntimeException e) {
            nicer.completeExceptionally(e);
          }
        });
    assertThat(nicer.join()).isEqualTo(Math.min(before + 5, 19));
    assertThat(niceness()).isEqualTo(before);
  }

  /** Of the calling thread, as proc(5) has it. */
  private static int niceness() throws IOException {
    var stat = Files.readString(Path.of("/proc/thread-self/stat"));
    return Integer.parseInt(stat.substring(stat.lastIndexOf(')')).split(" ")[17]);
  }
}
