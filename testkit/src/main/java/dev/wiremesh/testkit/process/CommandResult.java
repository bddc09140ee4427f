package dev.wiremesh.testkit.process;

import java.util.List;

/** What a finished command said. */
public record CommandResult(List<String> command, int exitCode, String output, String errors) {

  public boolean succeeded() {
    return exitCode == 0;
  }

  /** Returns this result, or throws with everything the command said. */
  public CommandResult orThrow() {
    if (!succeeded()) {
      throw new CommandFailedException(
          "'%s' ended with %d: %s"
              .formatted(String.join(" ", command), exitCode, (errors + output).strip()));
    }
    return this;
  }
}
