package dev.wiremesh.testkit.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Needs a real API server: one is started for the whole JVM and given to parameters of type {@link
 * dev.wiremesh.testkit.kubernetes.ControlPlane} (of constructors, test and lifecycle methods).
 * Skipped where none can be had, a failure where {@code CI=true}.
 *
 * <p>Classes share it, so each takes names (or a namespace) of its own and removes what it made. A
 * class that runs beside others and writes to objects of the whole cluster asks for its {@link
 * #own}.
 */
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith({RequirementsCondition.class, SharedControlPlane.class})
public @interface RequiresKubernetes {
  /** Whether the controller manager must be there too: garbage collection, namespace deletion. */
  boolean controllerManager() default false;

  /** Whether the class gets a control plane of its own, which ends with it. */
  boolean own() default false;
}
