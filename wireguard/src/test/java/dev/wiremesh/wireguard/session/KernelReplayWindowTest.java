package dev.wiremesh.wireguard.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.vectors.VectorFile;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernel takes and refuses exactly these counters; so do we. */
class KernelReplayWindowTest {
  private static final ProtocolLimits LIMITS = ProtocolLimits.STANDARD;

  private final ReplayWindow window = new ReplayWindow();

  static List<VectorFile.Line> windows() {
    return VectorFile.read("kernel-replay-window.txt");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("windows")
  @Scenario("The replay window accepts and refuses the counters of the kernel's own test table")
  void countersAreJudgedAsTheKernelDoes(VectorFile.Line line) {
    for (int step = 1; step < line.fields().size(); step++) {
      var text = line.text(step);
      boolean accepted = !text.startsWith("!");
      var ends = (accepted ? text : text.substring(1)).split("\\.\\.");
      long last = counter(ends[ends.length - 1]);
      for (long counter = counter(ends[0]); ; counter += Long.signum(last - counter)) {
        assertThat(takes(counter))
            .as("step %d (%s), counter %s", step, text, Long.toUnsignedString(counter))
            .isEqualTo(accepted);
        if (counter == last) {
          break;
        }
      }
    }
  }

  /** The two questions that the receiving thread asks of each packet. */
  private boolean takes(long counter) {
    return Long.compareUnsigned(counter, LIMITS.rejectAfterMessages()) < 0
        && window.accept(counter);
  }

  private static long counter(String text) {
    if (!text.startsWith("R")) {
      return Long.parseLong(text);
    }
    return LIMITS.rejectAfterMessages()
        + (text.length() == 1 ? 0 : Long.parseLong(text, 1, text.length(), 10));
  }
}
