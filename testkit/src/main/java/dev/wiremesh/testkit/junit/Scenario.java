package dev.wiremesh.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test of a behaviour that users rely on. Its result is printed when it has run and listed at the
 * end of the run; its sentence and tier stand in {@code docs/reference/scenarios.md}.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ScenarioReport.class)
public @interface Scenario {
  /** The behaviour that the test proves, in one sentence. */
  String value();
}
