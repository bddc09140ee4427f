package dev.wiremesh.core.group;

import dev.wiremesh.core.session.PeerLiveness.State;
import dev.wiremesh.core.view.PeerName;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the active member of a group by liveness. The active member stays as long as it is not
 * dead, unless an older one was alive for long enough to be trusted again. Pure functions.
 */
public final class GroupChoice {
  /**
   * A member of the group.
   *
   * @param stable whether it was alive for long enough to take over from a younger live one
   */
  public record Candidate(PeerName name, State state, boolean stable) {}

  private GroupChoice() {}

  /**
   * The active member.
   *
   * @param candidates oldest first; at least one
   * @param previous the active member until now; null if there was none
   */
  public static PeerName choose(List<Candidate> candidates, @Nullable PeerName previous) {
    var present =
        candidates.stream().filter(candidate -> candidate.name().equals(previous)).findFirst();
    if (present.isPresent() && present.get().state() != State.DEAD) {
      return candidates.stream()
          .takeWhile(candidate -> !candidate.equals(present.get()))
          .filter(Candidate::stable)
          .findFirst()
          .orElse(present.get())
          .name();
    }
    return first(candidates, Candidate::stable)
        .or(() -> first(candidates, candidate -> candidate.state() == State.ALIVE))
        .or(() -> first(candidates, candidate -> candidate.state() == State.UNKNOWN))
        .or(() -> present)
        .orElse(candidates.getFirst())
        .name();
  }

  private static Optional<Candidate> first(
      List<Candidate> candidates, Predicate<Candidate> wanted) {
    return candidates.stream().filter(wanted).findFirst();
  }
}
