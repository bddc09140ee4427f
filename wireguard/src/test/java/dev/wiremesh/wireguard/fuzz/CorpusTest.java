package dev.wiremesh.wireguard.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.engine.DatagramFuzz;
import dev.wiremesh.wireguard.engine.InitiationFuzz;
import dev.wiremesh.wireguard.handshake.Tai64n;
import dev.wiremesh.wireguard.offload.OffloadFuzz;
import dev.wiremesh.wireguard.uapi.UapiFuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Inputs that fuzzing found to reach new code, and small changes of them. */
class CorpusTest {
  private static final Path CORPORA = Path.of("src/test/resources/fuzz");
  private static final int CHANGES_OF_EACH = 40;

  @Test
  void datagrams() throws IOException {
    run("datagrams", DatagramFuzz::fuzzerTestOneInput);
  }

  @Test
  void initiations() throws IOException {
    run("initiations", InitiationFuzz::fuzzerTestOneInput);
  }

  /** As in the kernel, whose latest timestamp is zero at first. */
  @Test
  void initiationOfTimeZeroIsNeverNew() {
    byte[] newPeerTimeZero = new byte[1 + Tai64n.LENGTH];
    newPeerTimeZero[0] = 2;
    InitiationFuzz.fuzzerTestOneInput(newPeerTimeZero);
  }

  @Test
  void uapi() throws IOException {
    run("uapi", UapiFuzz::fuzzerTestOneInput);
  }

  @Test
  void offloads() throws IOException {
    run("offloads", OffloadFuzz::fuzzerTestOneInput);
  }

  @Test
  void wgQuick() throws IOException {
    run("wgquick", WgQuickFuzz::fuzzerTestOneInput);
  }

  private static void run(String name, Consumer<byte[]> target) throws IOException {
    var corpus = corpus(name);
    assertThat(corpus).as("corpus %s", name).isNotEmpty();
    var random = new SplittableRandom(1);
    for (byte[] input : corpus) {
      tryOne(target, input);
      for (int i = 0; i < CHANGES_OF_EACH; i++) {
        tryOne(target, changed(input, corpus, random));
      }
    }
  }

  private static List<byte[]> corpus(String name) throws IOException {
    var inputs = new ArrayList<byte[]>();
    try (var files = Files.list(CORPORA.resolve(name))) {
      for (var file : files.sorted().toList()) {
        inputs.add(Files.readAllBytes(file));
      }
    }
    return inputs;
  }

  private static byte[] changed(byte[] input, List<byte[]> corpus, SplittableRandom random) {
    byte[] copy = Arrays.copyOf(input, input.length + random.nextInt(3));
    if (random.nextInt(4) == 0) {
      byte[] other = corpus.get(random.nextInt(corpus.size()));
      int at = random.nextInt(copy.length + 1);
      copy = Arrays.copyOf(copy, Math.max(copy.length, other.length));
      System.arraycopy(other, 0, copy, Math.min(at, copy.length - other.length), other.length);
    }
    for (int changes = 1 + random.nextInt(4); changes > 0 && copy.length > 0; changes--) {
      int at = random.nextInt(copy.length);
      copy[at] =
          switch (random.nextInt(4)) {
            case 0 -> (byte) random.nextInt(256);
            case 1 -> (byte) (copy[at] ^ 1 << random.nextInt(8));
            case 2 -> (byte) 0xff;
            default -> 0;
          };
    }
    return random.nextInt(6) == 0 ? Arrays.copyOf(copy, random.nextInt(copy.length + 1)) : copy;
  }

  private static void tryOne(Consumer<byte[]> target, byte[] input) {
    try {
      target.accept(input.clone());
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("input " + HexFormat.of().formatHex(input), e);
    }
  }
}
