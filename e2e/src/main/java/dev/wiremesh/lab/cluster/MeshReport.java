package dev.wiremesh.lab.cluster;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The observed state of a lab; {@code lab status -o json} prints it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record MeshReport(
    String lab,
    @JsonUnwrapped ControlPlane controlPlane,
    Program operator,
    List<Node> nodes,
    List<Outside> hosts,
    List<Member> members,
    List<Ping> pings) {

  /**
   * The control plane.
   *
   * @param kubernetes source of its programs, as a sentence
   * @param kubeconfig path of an administrator's
   * @param api URL of the API server
   */
  public record ControlPlane(String kubernetes, String kubeconfig, String api) {}

  /**
   * The operator or an agent.
   *
   * @param failures how often it has ended by itself, and was started again
   */
  public record Program(boolean running, int failures, String metrics, String log) {}

  /** A machine of the cluster. */
  public record Node(String name, String underlayAddress, Program agent) {}

  /** A machine outside the cluster. */
  public record Outside(String name, String peer, String with, boolean behindNat) {}

  /**
   * The membership of a machine in one network.
   *
   * @param interfaceName empty until the operator has chosen one
   */
  public record Member(
      String network,
      String machine,
      List<String> addresses,
      String interfaceName,
      List<Session> sessions) {}

  /**
   * One peer of a machine, as {@code wg show} prints it.
   *
   * @param peer its name if its key is known
   * @param handshakeAgeSeconds absent before the first handshake
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Session(
      String publicKey,
      @Nullable String peer,
      @Nullable String endpoint,
      @Nullable Long handshakeAgeSeconds,
      long receivedBytes,
      long sentBytes) {}

  /**
   * The result of one ping to a mesh address.
   *
   * @param milliseconds absent without an answer
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Ping(String from, String to, String address, @Nullable Double milliseconds) {
    public boolean answered() {
      return milliseconds != null;
    }
  }

  /**
   * Whether every node is a member of a network and reaches every other one. Outside hosts do not
   * count: a laptop that is off is not an error.
   */
  @JsonIgnore
  public boolean complete() {
    var names = nodes.stream().map(Node::name).collect(Collectors.toSet());
    var placed =
        members.stream()
            .filter(member -> !member.addresses().isEmpty() && !member.interfaceName().isEmpty())
            .map(Member::machine)
            .collect(Collectors.toSet());
    return placed.containsAll(names)
        && pings.stream()
            .filter(ping -> names.contains(ping.from()) && names.contains(ping.to()))
            .allMatch(Ping::answered);
  }
}
