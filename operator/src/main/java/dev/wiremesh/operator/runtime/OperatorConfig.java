package dev.wiremesh.operator.runtime;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The operator's configuration, read from its environment.
 *
 * @param namespace where its own Secrets and its lease are
 * @param httpListen where metrics and health are served; a port of 0 takes a free one
 * @param leaderElection whether only one of several replicas works at a time
 * @param instance the name of this replica
 * @param agentSilentAfter how long an agent's Lease may stay unchanged; gateways renew theirs every
 *     10 s, other nodes every 20 s
 */
public record OperatorConfig(
    String namespace,
    InetSocketAddress httpListen,
    boolean leaderElection,
    String instance,
    Duration agentSilentAfter) {

  /** The environment has invalid values; the message names every such variable. */
  public static final class InvalidOperatorConfigException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    InvalidOperatorConfigException(List<String> problems) {
      super(String.join("\n", problems));
    }
  }

  /**
   * Reads the environment.
   *
   * @throws InvalidOperatorConfigException with all problems at once
   */
  public static OperatorConfig from(Map<String, String> environment) {
    var problems = new ArrayList<String>();
    var namespace = environment.getOrDefault("WIREMESH_NAMESPACE", "wiremesh-system");
    if (!namespace.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
      problems.add(
          "WIREMESH_NAMESPACE is '"
              + namespace
              + "': write the name of a namespace, such as"
              + " wiremesh-system");
    }
    var election = environment.getOrDefault("WIREMESH_LEADER_ELECTION", "true");
    if (!election.equals("true") && !election.equals("false")) {
      problems.add("WIREMESH_LEADER_ELECTION is '" + election + "': write true or false");
    }
    var listen = listen(environment.getOrDefault("WIREMESH_HTTP_LISTEN", "0.0.0.0:8080"), problems);
    var instance =
        environment.getOrDefault("POD_NAME", environment.getOrDefault("HOSTNAME", "operator"));
    var silentAfter = environment.getOrDefault("WIREMESH_AGENT_SILENT_AFTER", "45");
    if (!silentAfter.matches("[0-9]{2,4}") || Integer.parseInt(silentAfter) < 30) {
      problems.add(
          "WIREMESH_AGENT_SILENT_AFTER is '"
              + silentAfter
              + "': write a number of seconds from 30 to 9999");
      silentAfter = "45";
    }
    if (!problems.isEmpty()) {
      throw new InvalidOperatorConfigException(problems);
    }
    return new OperatorConfig(
        namespace,
        listen,
        election.equals("true"),
        instance,
        Duration.ofSeconds(Long.parseLong(silentAfter)));
  }

  private static InetSocketAddress listen(String text, List<String> problems) {
    int colon = text.lastIndexOf(':');
    var port = text.substring(colon + 1);
    if (colon < 1 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65535) {
      problems.add(
          "WIREMESH_HTTP_LISTEN is '"
              + text
              + "': write an address and a port, such as"
              + " 0.0.0.0:8080");
      return new InetSocketAddress(0);
    }
    return new InetSocketAddress(
        text.substring(0, colon).replaceAll("^\\[|\\]$", ""), Integer.parseInt(port));
  }
}
