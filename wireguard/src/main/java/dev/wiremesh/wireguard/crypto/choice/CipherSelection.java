package dev.wiremesh.wireguard.crypto.choice;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.vector.VectorCipherBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which backend a process uses. By itself: at once the best of those that need no warming, then, as
 * soon as a {@link CipherTrial} in the background has proven it right and faster here, the vector
 * backend. {@code WIREMESH_CIPHER} in the environment (or a system property of that name) forces
 * one by name.
 */
public final class CipherSelection {
  public static final String VARIABLE = "WIREMESH_CIPHER";

  private static final String AUTOMATIC = "auto";

  /** Before each trial: on a busy machine the compiler may not be done when the first one ends. */
  private static final List<Duration> PAUSES =
      List.of(Duration.ZERO, Duration.ofMinutes(1), Duration.ofMinutes(10));

  private static final Logger log = LoggerFactory.getLogger(CipherSelection.class);

  private CipherSelection() {}

  /**
   * The backend for a process with this environment; starts the trial, if there is something to
   * try.
   *
   * @throws IllegalArgumentException if it asks for a backend that is not to be had, with a message
   *     for the user
   */
  public static CipherBackend start(Map<String, String> environment) {
    var wanted =
        System.getProperty(VARIABLE, environment.getOrDefault(VARIABLE, AUTOMATIC)).strip();
    var ready = CipherBackend.available();
    var vector = VectorCipherBackend.find();
    if (!wanted.isEmpty() && !wanted.equals(AUTOMATIC)) {
      return named(wanted, ready, vector);
    }
    var first = ready.getFirst();
    if (vector.isEmpty()) {
      log.atInfo().addKeyValue("cipher", first.name()).log("cipher backend chosen");
      return first;
    }
    var adaptive = new AdaptiveCipherBackend(first);
    Thread.ofPlatform()
        .name("cipher-trial")
        .daemon()
        .priority(Thread.MIN_PRIORITY)
        .start(() -> tryOut(adaptive, vector.get()));
    return adaptive;
  }

  private static CipherBackend named(
      String wanted, List<CipherBackend> ready, Optional<CipherBackend> vector) {
    var all = new ArrayList<>(ready);
    vector.ifPresent(all::addFirst);
    return all.stream()
        .filter(backend -> backend.name().equals(wanted))
        .findFirst()
        .orElseThrow(() -> {
          var names = all.stream().map(CipherBackend::name).collect(Collectors.joining(", "));
          var hint =
              wanted.equals(VectorCipherBackend.NAME)
                  ? "; 'vector' needs " + VectorCipherBackend.JVM_OPTION + " and wide vectors"
                  : "";
          return new IllegalArgumentException(
              "%s=%s is not to be had here: write auto, %s%s"
                  .formatted(VARIABLE, wanted, names, hint));
        });
  }

  private static void tryOut(AdaptiveCipherBackend adaptive, CipherBackend candidate) {
    try {
      for (var pause : PAUSES) {
        Thread.sleep(pause);
        var verdict = CipherTrial.run(adaptive.current(), candidate);
        if (verdict.faster()) {
          adaptive.use(candidate);
        }
        log.atInfo()
            .addKeyValue("cipher", adaptive.name())
            .addKeyValue("candidate", candidate.name())
            .addKeyValue("verdict", verdict)
            .log("cipher backend chosen");
        if (verdict.faster()) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | LinkageError e) {
      log.atWarn()
          .setCause(e)
          .addKeyValue("cipher", adaptive.name())
          .addKeyValue("candidate", candidate.name())
          .log("cipher backend failed its trial and is not used");
    }
  }
}
