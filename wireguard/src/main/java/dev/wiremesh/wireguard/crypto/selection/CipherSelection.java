package dev.wiremesh.wireguard.crypto.selection;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.vector.VectorCipherBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Selects the cipher backend of a process. The default starts with the best backend that needs no
 * warm-up, and a process without much traffic stays with it. Under traffic a {@link
 * CipherBenchmark} in the background checks whether the vector backend is correct and faster here;
 * if so, it is used from then on. {@code WIREMESH_CIPHER} in the environment (or a system property
 * of that name) forces a backend by name.
 */
public final class CipherSelection {
  public static final String VARIABLE = "WIREMESH_CIPHER";

  private static final String AUTOMATIC = "auto";

  private static final Logger log = LoggerFactory.getLogger(CipherSelection.class);

  private CipherSelection() {}

  /**
   * The backend for a process with this environment.
   *
   * @throws IllegalArgumentException if it names a backend that is not available, with a message
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
      log.atInfo().addKeyValue("cipher", first.name()).log("Cipher backend chosen");
      return first;
    }
    var candidate = vector.get();
    return new AdaptiveCipherBackend(
        first, adaptive -> new BackgroundBenchmark(adaptive, candidate).start());
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
}
