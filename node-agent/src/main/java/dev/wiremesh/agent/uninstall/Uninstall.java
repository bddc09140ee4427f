package dev.wiremesh.agent.uninstall;

import java.io.IOException;
import java.util.List;

/** Whether this node is to be left clean, and how that is done and told. */
public interface Uninstall {
  /**
   * Whether somebody asks for it who has no report yet: an answer of the API server that says so,
   * never a missing one.
   */
  boolean isAsked();

  /**
   * Removes everything of ours; the devices are closed before.
   *
   * @return one line for each thing that was removed
   */
  List<String> clean() throws IOException;

  /** Tells how it went; does not wait for the API server. */
  void report(Outcome outcome);

  /** How it went. */
  sealed interface Outcome {
    record Clean(int removed) implements Outcome {}

    record Failed(String cause) implements Outcome {}
  }
}
