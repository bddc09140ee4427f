package dev.wiremesh.wireguard;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.commons.support.ReflectionSupport.findAllClassesInPackage;

import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.testkit.junit.ScenarioRow;
import dev.wiremesh.testkit.junit.ScenarioTable;
import java.io.IOException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ScenariosTest {
  /**
   * A scenario that has never run has no row yet: run it, and commit the row. A row whose scenario
   * is gone, or has another sentence, is to be removed by hand or by running it.
   */
  @Test
  void theTableListsTheScenariosThatThereAre() throws IOException {
    var rows = ScenarioTable.ofCheckout().orElseThrow().rows();
    var listed = rows.stream().collect(Collectors.toMap(ScenarioRow::name, row -> row));
    var there =
        findAllClassesInPackage("dev.wiremesh.wireguard", type -> true, name -> true).stream()
            .flatMap(type -> Stream.of(type.getDeclaredMethods()))
            .filter(method -> method.isAnnotationPresent(Scenario.class))
            .map(ScenarioRow::of)
            .collect(Collectors.toMap(ScenarioRow::name, row -> row));
    assertThat(listed.keySet()).isEqualTo(there.keySet());
    assertThat(listed)
        .allSatisfy((name, row) ->
            assertThat(row.describesTheSameAs(requireNonNull(there.get(name)))).as(name).isTrue());
  }
}
