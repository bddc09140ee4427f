package dev.wiremesh.images;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The description of a program to be packed as an image.
 *
 * @param name of the image, and of the folder of its jars
 * @param jars folder of its jars, as the build leaves them
 * @param user of the process, if the pod sets none
 * @param tools programs of this machine that it calls
 * @param libraries shared libraries that it opens by name, if this machine has them
 * @param modules JDK modules to be added at start
 * @param flags JVM flags of this program
 * @param training the training run of its {@link AotCache}
 */
record Program(
    String name,
    String title,
    String description,
    String mainClass,
    Path jars,
    Path bill,
    String user,
    List<String> tools,
    List<String> libraries,
    List<String> modules,
    List<String> flags,
    Optional<Training> training) {

  /**
   * A start against an API server that does not exist.
   *
   * @param endMark the log text after which the run is stopped
   */
  record Training(Map<String, String> environment, String endMark) {}

  /** The launcher's JVM flags, and those for containers. */
  static final List<String> JVM_FLAGS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          // The other half is for memory outside the heap: packets, threads, compiled code.
          "-XX:MaxRAMPercentage=50",
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          // A program that ran out of memory ends; the kubelet starts another.
          "-XX:+ExitOnOutOfMemoryError",
          // The root file system is read-only.
          "-XX:-UsePerfData",
          "-Djava.awt.headless=true");

  private static final String FIRST_RETRY = "trying again";

  static List<Program> all(Path repository) {
    return List.of(
        new Program(
            "operator",
            "Wiremesh operator",
            "Gives networks, nodes and peers of a WireGuard mesh their addresses, keys and configurations.",
            "dev.wiremesh.operator.OperatorMain",
            repository.resolve("operator/target/app"),
            repository.resolve("operator/target/bom.json"),
            "65532:65532",
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            Optional.of(new Training(Map.of(), FIRST_RETRY))),
        new Program(
            "agent",
            "Wiremesh node agent",
            "Runs WireGuard in user space on a node, and programs its routes and firewall.",
            "dev.wiremesh.agent.AgentMain",
            repository.resolve("node-agent/target/app"),
            repository.resolve("node-agent/target/bom.json"),
            "0:0",
            List.of("nft"),
            List.of("libcrypto.so.3"),
            // For the cipher on the Vector API.
            List.of("jdk.incubator.vector"),
            // The data plane makes no garbage: a larger young generation would only cost memory.
            List.of("-Xmn24m"),
            Optional.of(new Training(Map.of("WIREMESH_NODE_NAME", "training"), FIRST_RETRY))));
  }
}
