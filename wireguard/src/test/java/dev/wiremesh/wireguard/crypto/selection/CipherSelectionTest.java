package dev.wiremesh.wireguard.crypto.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.CipherKey;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import dev.wiremesh.wireguard.crypto.PacketLayout;
import dev.wiremesh.wireguard.crypto.vector.VectorCipherBackend;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CipherSelectionTest {
  @Test
  void takesTheBackendThatIsAskedFor() {
    assertThat(start("jdk").name()).isEqualTo("jdk");
  }

  @Test
  void unknownNameIsRejectedWithTheKnownOnes() {
    assertThatThrownBy(() -> start("rot13"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("WIREMESH_CIPHER=rot13")
        .hasMessageContaining("write auto")
        .hasMessageContaining("jdk");
  }

  @Test
  void beginsWithABackendThatNeedsNoWarming() {
    assertThat(start("auto").name()).isEqualTo(CipherBackend.available().getFirst().name());
  }

  @Test
  void ciphersInUseGoOverToTheNewBackend() {
    var adaptive = new AdaptiveCipherBackend(new Marking("one", 1), self -> {});
    try (var cipher = adaptive.newCipher()) {
      assertThat(markOf(cipher)).isEqualTo(1);
      adaptive.use(new Marking("two", 2));
      assertThat(markOf(cipher)).isEqualTo(2);
      assertThat(adaptive.name()).isEqualTo("two");
    }
  }

  @Test
  void processWithoutTrafficSpendsNothingOnTheChoice() {
    var busy = new int[1];
    var adaptive = new AdaptiveCipherBackend(new Marking("one", 1), self -> busy[0]++);
    try (var cipher = adaptive.newCipher();
        var other = adaptive.newCipher()) {
      for (int i = 0; i < AdaptiveCipherBackend.BUSY_PACKETS - 1; i++) {
        markOf(cipher);
        markOf(other);
      }
      assertThat(busy[0]).isZero();
      markOf(cipher);
      markOf(cipher);
      markOf(other);
      assertThat(busy[0]).isEqualTo(1);
    }
  }

  @Test
  void aBackendThatComputesSomethingElseIsRefused() {
    try (var packets =
        new BenchmarkPackets(CipherBackend.available().getFirst(), new Marking("wrong", 3))) {
      assertThatThrownBy(packets::requireSameResults)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("seals differently");
    }
  }

  @Test
  void theVectorBackendPassesItsTrial() throws InterruptedException {
    var vector = VectorCipherBackend.find();
    assumeThat(vector).as("vectors of 256 bits").isPresent();
    try (var packets = new BenchmarkPackets(CipherBackend.available().getFirst(), vector.get())) {
      var result = new CipherBenchmark(packets, new Unpaused()).run();
      assertThat(result.candidateNanos()).isPositive();
    }
  }

  @Test
  void runsWithoutTheVectorApi() throws IOException, InterruptedException {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                CipherSelectionTest.class.getName())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).contains("vector: absent").doesNotContain("Error");
  }

  /** The program that {@link #runsWithoutTheVectorApi} starts. */
  public static void main(String[] arguments) {
    var vector = VectorCipherBackend.find().map(CipherBackend::name).orElse("absent");
    System.out.println("vector: " + vector + ", chosen: " + start("auto").name());
  }

  private static CipherBackend start(String wanted) {
    return CipherSelection.start(Map.of(CipherSelection.VARIABLE, wanted));
  }

  private static int markOf(PacketCipher cipher) {
    try (var arena = Arena.ofConfined()) {
      var memory = arena.allocate(64);
      var packet = PacketLayout.inPlace(memory, new int[1], new int[1]);
      cipher.seal(new CipherKey(new byte[CipherKey.LENGTH]), packet, 0, 1, 0);
      return memory.get(ValueLayout.JAVA_BYTE, 0);
    }
  }

  private static final class Unpaused implements CipherBenchmark.Time {
    @Override
    public long nanos() {
      return System.nanoTime();
    }

    @Override
    public void pause(long nanos) {
      // no other work to yield to
    }
  }

  /** Not a cipher: writes its mark in place of the first packet. */
  private record Marking(String name, int mark) implements CipherBackend {
    @Override
    public PacketCipher newCipher() {
      return new PacketCipher() {
        @Override
        public void seal(
            CipherKey key, PacketLayout packets, int from, int count, long firstCounter) {
          packets
              .destination()
              .set(ValueLayout.JAVA_BYTE, packets.destinationOffsets()[from], (byte) mark);
        }

        @Override
        public void open(
            CipherKey key,
            PacketLayout packets,
            int from,
            int count,
            long[] counters,
            long[] authentic) {}

        @Override
        public void close() {}
      };
    }
  }
}
