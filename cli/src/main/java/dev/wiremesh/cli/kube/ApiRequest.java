package dev.wiremesh.cli.kube;

import dev.wiremesh.api.ObjectNames;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A request to the API server as its access rules see it.
 *
 * @param resource plural, with its group, such as {@code peers.wiremesh.dev}
 * @param namespace null for all namespaces, or for a resource without namespaces
 * @param name null for a list
 */
record ApiRequest(String verb, String resource, @Nullable String namespace, @Nullable String name) {

  /** The sentence about a right that the user does not have, and the commands that give it. */
  String missingRight(String user) {
    var words = new StringBuilder();
    words.append(user.isEmpty() ? "you" : "you (" + user + ")").append(" may not ").append(verb);
    words.append(' ').append(resource);
    if (name != null) {
      words.append(' ').append(name);
    }
    words.append(namespace == null ? " in the whole cluster" : " in namespace " + namespace);
    words.append(". An administrator can allow it:");
    var kind = namespace == null ? "clusterrole" : "role";
    var scope = namespace == null ? "" : " -n " + namespace;
    var role = "wiremesh-" + verb + "-" + resource.replace(".wiremesh.dev", "");
    words
        .append("\n  kubectl create " + kind + " " + role + scope)
        .append(" --verb=" + verb + " --resource=" + resource);
    if (name != null) {
      words.append(" --resource-name=" + name);
    }
    words
        .append("\n  kubectl create " + kind + "binding " + role + suffix(user) + scope)
        .append(" --" + kind + "=" + role + " " + subject(user));
    return words.toString();
  }

  private static String subject(String user) {
    if (user.isEmpty()) {
      return "--user=YOUR-USER";
    }
    var account = user.split(":", -1);
    return account.length == 4 && user.startsWith("system:serviceaccount:")
        ? "--serviceaccount=" + account[2] + ":" + account[3]
        : "--user=" + user;
  }

  private static String suffix(String user) {
    var word = user.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    return word.isEmpty() ? "" : "-" + ObjectNames.fitting(word, 63);
  }
}
