package dev.wiremesh.images;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A program that becomes an image.
 *
 * @param name name of the image, and of the folder of its jars
 * @param jars folder of its jars, as the build leaves them
 * @param user who it runs as, where the pod says nothing
 * @param tools programs of this machine that it calls
 * @param libraries shared libraries that it opens by name, where this machine has them
 * @param modules modules of Java that it asks for at start
 * @param flags its own flags of Java
 * @param rehearsal how to start it for nothing but the classes that a start loads
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
    Optional<Rehearsal> rehearsal) {

  /**
   * A start where nothing answers.
   *
   * @param farEnough what the program says when it has found nobody
   */
  record Rehearsal(Map<String, String> environment, String farEnough) {}

  /** What the launcher starts our programs with, and what a container asks for besides. */
  static final List<String> JVM_FLAGS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          // The other half is for what stands outside the heap: packets, threads, compiled code.
          "-XX:MaxRAMPercentage=50",
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          // A program that ran out of memory is of no use; the kubelet starts another.
          "-XX:+ExitOnOutOfMemoryError",
          // The root file system is read-only.
          "-XX:-UsePerfData",
          "-Djava.awt.headless=true");

  private static final String NOBODY = "trying again";

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
            Optional.of(new Rehearsal(Map.of(), NOBODY))),
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
            // The fastest of its ciphers.
            List.of("jdk.incubator.vector"),
            // Packets make no garbage: what the start made is not worth more memory.
            List.of("-Xmn24m"),
            Optional.of(new Rehearsal(Map.of("WIREMESH_NODE_NAME", "rehearsal"), NOBODY))));
  }
}
