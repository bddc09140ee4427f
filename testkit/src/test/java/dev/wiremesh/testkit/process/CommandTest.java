package dev.wiremesh.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CommandTest {

  @Test
  void outputErrorsAndExitCodeAreKeptApart() {
    var result = Command.of("sh", "-c", "cat; echo oops >&2; exit 3").withInput("hello").run();

    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.output()).isEqualTo("hello");
    assertThat(result.errors()).isEqualTo("oops");
    assertThatThrownBy(result::orThrow).hasMessageContaining("ended with 3: oops");
  }

  @Test
  void commandThatTakesTooLongIsKilled() {
    assertThatThrownBy(() -> Command.of("sleep", "60").withTimeout(Duration.ofMillis(200)).run())
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("did not end within");
  }

  @Test
  void missingProgramIsNamed() {
    assertThatThrownBy(() -> Command.of("no-such-program").check())
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("no-such-program");
  }

  @Test
  void daemonThatHoldsThePipesDoesNotHoldUs() {
    var result =
        Command.of("sh", "-c", "echo started; setsid sleep 5 & exit 0")
            .withTimeout(Duration.ofSeconds(4))
            .run();

    assertThat(result.succeeded()).isTrue();
  }
}
