package dev.wiremesh.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code kubectl wiremesh version}: prints the version of this program. */
@Command(
    name = "version",
    description = "Prints the version of this program; asks no cluster.",
    footer = {"%nExample:", "  kubectl wiremesh version"})
final class VersionCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    var version = KubectlMain.class.getPackage().getImplementationVersion();
    var out = spec.commandLine().getOut();
    out.println("kubectl-wiremesh " + (version == null ? "unknown" : version));
    out.flush();
  }
}
