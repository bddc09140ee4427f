package dev.wiremesh.cli.kube;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The user that the program acts as, by the options {@code --as} and {@code --as-group}.
 *
 * @param user null for the kubeconfig's own
 */
record Impersonation(@Nullable String user, List<String> groups) {
  Impersonation {
    groups = List.copyOf(groups);
    if (user == null && !groups.isEmpty()) {
      throw new CliException("--as-group needs --as: write the user too");
    }
  }
}
