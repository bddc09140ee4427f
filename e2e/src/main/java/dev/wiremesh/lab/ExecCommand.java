package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.control.ControlClient;
import dev.wiremesh.lab.control.Request;
import dev.wiremesh.testkit.host.Host;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lab exec}: runs a command on a machine of the lab, with this shell's terminal. */
@Command(
    name = "exec",
    description = {
      "Runs a command on a node or an outside host.",
      "  bin/wiremesh lab exec n1 -- wg show"
    })
final class ExecCommand implements Callable<Integer> {
  @ParentCommand private LabMain lab = new LabMain();

  @Parameters(index = "0", paramLabel = "NODE-OR-HOST", description = "n1, n2, … or a host's name.")
  private String machine = "";

  @Parameters(
      index = "1..*",
      paramLabel = "COMMAND",
      description = "After --; without one: a shell.")
  private List<String> command = new ArrayList<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    var found =
        new ControlClient(lab.folder())
            .ask(
                new Request(Request.Command.MACHINE, Map.of("name", machine)),
                Request.Machine.class);
    var all = new ArrayList<>(Host.launcher(found.keeperPid()));
    all.addAll(command.isEmpty() ? List.of("bash") : command);
    try {
      return new ProcessBuilder(all).inheritIO().start().waitFor();
    } catch (IOException e) {
      throw new LabException("cannot run '%s': %s".formatted(all.getFirst(), e.getMessage()), e);
    }
  }
}
