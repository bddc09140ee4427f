package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.Checkout;
import dev.wiremesh.lab.cluster.LabDirectory;
import dev.wiremesh.lab.cluster.MeshReport;
import dev.wiremesh.lab.control.ControlClient;
import dev.wiremesh.lab.control.Request;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** A lab in a process of its own: its output is shown until the lab is ready. */
final class DetachedLab {
  private static final String READY = "The lab is ";

  private final LabDirectory folder;

  DetachedLab(LabDirectory folder) {
    this.folder = folder;
  }

  /**
   * Starts a lab of {@code lab up}; fails unless every node reaches every other one.
   *
   * @param arguments of {@code bin/wiremesh lab}
   */
  int start(List<String> arguments) throws IOException, InterruptedException {
    return start(arguments, _ -> isComplete());
  }

  /**
   * Starts a lab.
   *
   * @param arguments of {@code bin/wiremesh lab}
   * @param succeeded a rule on the whole output until the lab is ready
   */
  int start(List<String> arguments, Predicate<String> succeeded)
      throws IOException, InterruptedException {
    if (folder.isLocked()) {
      throw folder.alreadyUp();
    }
    Files.createDirectories(folder.output().getParent());
    Files.deleteIfExists(folder.output());
    var launcher = Checkout.find(System.getenv()).root().resolve("bin/wiremesh");
    var command = new ArrayList<>(List.of("setsid", launcher.toString(), "lab"));
    command.addAll(arguments);
    command.addAll(List.of("--lab", folder.name()));
    var process =
        new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(folder.output().toFile())
            .start();
    // Ctrl-C must not leave a half-started lab behind.
    var hook = new Thread(process::destroy);
    Runtime.getRuntime().addShutdownHook(hook);
    long shown = 0;
    while (true) {
      var ended = !process.isAlive();
      var text = Files.readString(folder.output(), StandardCharsets.UTF_8);
      var lines = text.substring(0, text.lastIndexOf('\n') + 1);
      System.out.print(lines.substring((int) shown));
      System.out.flush();
      shown = lines.length();
      if (lines.contains("\n" + READY)) {
        Runtime.getRuntime().removeShutdownHook(hook);
        System.out.printf(
            "'%s' ends it; its output goes to %s%n", folder.command("down"), folder.output());
        return succeeded.test(lines) ? 0 : 1;
      }
      if (ended) {
        Runtime.getRuntime().removeShutdownHook(hook);
        return Math.max(1, process.exitValue());
      }
      Thread.sleep(100);
    }
  }

  private boolean isComplete() {
    return new ControlClient(folder)
        .ask(Request.of(Request.Command.STATUS), MeshReport.class)
        .complete();
  }
}
