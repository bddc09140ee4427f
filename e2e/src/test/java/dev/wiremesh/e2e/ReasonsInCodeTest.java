package dev.wiremesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.wiremesh.api.contract.EventReason;
import dev.wiremesh.api.contract.ProblemReason;
import dev.wiremesh.api.contract.Reason;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Every reason that is documented can be emitted: each constant of the reasons' enums, from which
 * {@code docs/troubleshooting.md} is generated, is used by the code of a program. The other
 * direction needs no test: a condition is made from a constant.
 */
class ReasonsInCodeTest {
  private static final JavaClasses PROGRAMS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.wiremesh.operator", "dev.wiremesh.agent");

  /** Compares the reasons of conditions that are there; emits none of its own. */
  private static final Set<String> READERS = Set.of("Events", "LocalNetworks");

  @Test
  void everyReasonOfAConditionIsEmitted() {
    assertThat(used(Reason.class)).isEqualTo(names(Reason.values()));
  }

  @Test
  void everyReasonOfAProblemPeerIsEmitted() {
    assertThat(used(ProblemReason.class)).isEqualTo(names(ProblemReason.values()));
  }

  @Test
  void everyReasonOfAnEventIsEmitted() {
    assertThat(used(EventReason.class)).isEqualTo(names(EventReason.values()));
  }

  @Test
  void conditionsAreMadeFromReasons() {
    var builders =
        PROGRAMS.stream()
            .filter(type ->
                type.getConstructorCallsFromSelf().stream()
                    .anyMatch(call ->
                        call.getTargetOwner()
                            .getName()
                            .equals("io.fabric8.kubernetes.api.model.ConditionBuilder")))
            .map(type -> type.getSimpleName())
            .collect(Collectors.toSet());
    // The agent's: turns conditions that it has read back into the API's type.
    assertThat(builders).isSubsetOf("ApiReporter");
  }

  private static Set<String> used(Class<? extends Enum<?>> type) {
    return PROGRAMS.stream()
        .filter(user -> !READERS.contains(user.getSimpleName()))
        .flatMap(user -> user.getFieldAccessesFromSelf().stream())
        .map(JavaFieldAccess::getTarget)
        .filter(field -> field.getOwner().isEquivalentTo(type))
        .map(field -> field.getName())
        .collect(Collectors.toSet());
  }

  private static Set<String> names(Enum<?>[] values) {
    return Arrays.stream(values).map(Enum::name).collect(Collectors.toSet());
  }
}
