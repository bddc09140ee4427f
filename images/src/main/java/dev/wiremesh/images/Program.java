package dev.wiremesh.images;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The description of a program to be packed as an image.
 *
 * @param label its names
 * @param app its Java part
 * @param machine files of this machine that it needs
 * @param user of the process, if the pod sets none
 * @param training the training run of its {@link AotCache}
 */
record Program(
    Label label, App app, MachineFiles machine, String user, Optional<Training> training) {

  /**
   * Names of an image.
   *
   * @param name of the image, and of the folder of its jars
   */
  record Label(String name, String title, String description) {}

  /**
   * A Java program.
   *
   * @param jars folder of its jars, as the build leaves them
   * @param modules JDK modules to be added at start
   * @param flags JVM flags of this program
   */
  record App(String mainClass, Path jars, Path bill, List<String> modules, List<String> flags) {
    App(String mainClass, Path jars, Path bill) {
      this(mainClass, jars, bill, List.of(), List.of());
    }
  }

  /**
   * Files of this machine that an image takes along.
   *
   * @param tools programs that it calls
   * @param libraries shared libraries that it opens by name, if this machine has them
   */
  record MachineFiles(List<String> tools, List<String> libraries) {
    static final MachineFiles NONE = new MachineFiles(List.of(), List.of());
  }

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

  String name() {
    return label.name();
  }

  static List<Program> all(Path repository) {
    return List.of(
        new Program(
            new Label(
                "operator",
                "Wiremesh operator",
                "Gives networks, nodes and peers of a WireGuard mesh their addresses, keys and configurations."),
            new App(
                "dev.wiremesh.operator.OperatorMain",
                repository.resolve("operator/target/app"),
                repository.resolve("operator/target/bom.json")),
            MachineFiles.NONE,
            "65532:65532",
            Optional.of(new Training(Map.of(), FIRST_RETRY))),
        new Program(
            new Label(
                "agent",
                "Wiremesh node agent",
                "Runs WireGuard in user space on a node, and programs its routes and firewall."),
            new App(
                "dev.wiremesh.agent.AgentMain",
                repository.resolve("node-agent/target/app"),
                repository.resolve("node-agent/target/bom.json"),
                // For the cipher on the Vector API.
                List.of("jdk.incubator.vector"),
                // The data plane makes no garbage: a larger young generation would only cost
                // memory.
                List.of("-Xmn24m")),
            new MachineFiles(List.of("nft"), List.of("libcrypto.so.3")),
            "0:0",
            Optional.of(new Training(Map.of("WIREMESH_NODE_NAME", "training"), FIRST_RETRY))));
  }
}
