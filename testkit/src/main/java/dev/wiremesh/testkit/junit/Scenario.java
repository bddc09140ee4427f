package dev.wiremesh.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that a user of the software would ask for. It is named in the output when it has run, and
 * stands with its result in {@code docs/reference/scenarios.md}, which the run itself writes.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ScenarioReport.class)
public @interface Scenario {
  /** What it proves, in one sentence. */
  String value();
}
