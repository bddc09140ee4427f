package dev.wiremesh.testkit.process;

import java.util.List;

/** The exit code and output of a finished command. */
public record CommandResult(List<String> command, int exitCode, String output, String errors) {

  public boolean succeeded() {
    return exitCode == 0;
  }

  /** Returns this result, or throws with all output of the command. */
  public CommandResult orThrow() {
    if (!succeeded()) {
      throw new CommandFailedException(
          "'%s' ended with %d: %s"
              .formatted(String.join(" ", command), exitCode, (errors + output).strip()));
    }
    return this;
  }
}
