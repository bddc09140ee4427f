package dev.wiremesh.agent;

import dev.wiremesh.agent.metrics.Compatibility;
import dev.wiremesh.wireguard.offload.Offloads;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The configuration of the agent, from its environment variables.
 *
 * @param nodeName the cluster node it runs on
 * @param namespace of the operator, which has the keys' Secrets
 * @param httpListen address of metrics and health
 * @param stateDirectory of files that survive a restart
 * @param offloads of the kernel that may be used
 * @param compatibility metric names that are exposed a second time
 */
public record AgentConfig(
    String nodeName,
    String namespace,
    InetSocketAddress httpListen,
    Path stateDirectory,
    Offloads offloads,
    Compatibility compatibility) {
  public static final String NODE_NAME = "WIREMESH_NODE_NAME";
  public static final String NAMESPACE = "WIREMESH_NAMESPACE";
  public static final String HTTP_LISTEN = "WIREMESH_HTTP_LISTEN";
  public static final String STATE_DIRECTORY = "WIREMESH_STATE_DIRECTORY";

  /** All errors of the configuration at once. */
  public static final class InvalidAgentConfigException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private InvalidAgentConfigException(List<String> problems) {
      super(String.join("\n", problems));
    }
  }

  /**
   * @throws InvalidAgentConfigException with one line for each error
   */
  public static AgentConfig parse(Map<String, String> environment) {
    var problems = new ArrayList<String>();
    var nodeName = environment.getOrDefault(NODE_NAME, "");
    if (nodeName.isBlank()) {
      problems.add(NODE_NAME + " is missing: set it to the name of the node, spec.nodeName.");
    }
    var listen = listen(environment.getOrDefault(HTTP_LISTEN, "127.0.0.1:9586"), problems);
    var directory = stateDirectory(environment);
    if (!directory.isAbsolute()) {
      problems.add(STATE_DIRECTORY + " must be an absolute path, not '" + directory + "'.");
    }
    var offloads = orElse(Offloads.ALL, () -> Offloads.parse(environment), problems);
    var compatibility =
        orElse(Compatibility.NONE, () -> Compatibility.parse(environment), problems);
    if (!problems.isEmpty()) {
      throw new InvalidAgentConfigException(problems);
    }
    var namespace = environment.getOrDefault(NAMESPACE, "wiremesh-system");
    return new AgentConfig(nodeName, namespace, listen, directory, offloads, compatibility);
  }

  private static <T> T orElse(T fallback, Supplier<T> parsed, List<String> problems) {
    try {
      return parsed.get();
    } catch (IllegalArgumentException e) {
      problems.add(e.getMessage() + ".");
      return fallback;
    }
  }

  static Path stateDirectory(Map<String, String> environment) {
    return Path.of(environment.getOrDefault(STATE_DIRECTORY, "/var/lib/wiremesh"));
  }

  private static InetSocketAddress listen(String text, List<String> problems) {
    int colon = text.lastIndexOf(':');
    var host = colon < 0 ? "" : text.substring(0, colon).replaceAll("^\\[|]$", "");
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (!host.isEmpty() && port >= 0 && port <= 65_535) {
        return new InetSocketAddress(host, port);
      }
    } catch (NumberFormatException e) {
      // Reported below, as other errors of the address are.
    }
    problems.add(
        HTTP_LISTEN + " must be address:port, such as 127.0.0.1:9586, not '" + text + "'.");
    return new InetSocketAddress(0);
  }
}
