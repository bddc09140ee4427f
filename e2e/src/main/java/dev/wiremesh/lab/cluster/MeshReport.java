package dev.wiremesh.lab.cluster;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is to be seen of a lab at one moment; {@code lab status -o json} prints it.
 *
 * @param kubernetes where its programs come from
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record MeshReport(
    String lab,
    String kubernetes,
    String kubeconfig,
    String api,
    Program operator,
    List<Node> nodes,
    List<Outside> hosts,
    List<Member> members,
    List<Ping> pings) {

  /** One of our programs. */
  public record Program(boolean running, String metrics, String log) {}

  /** A machine of the cluster. */
  public record Node(String name, String underlayAddress, Program agent) {}

  /** A machine outside the cluster. */
  public record Outside(String name, String peer, String with, boolean behindNat) {}

  /**
   * A machine's part in one network.
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
   * What {@code wg show} says of one peer of a machine.
   *
   * @param peer its name where its key is known
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
   * One try to reach a mesh address.
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
   * Whether every node has its place in a network and reaches every other one. Outside hosts do not
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
