package dev.wiremesh.cli;

import picocli.CommandLine.Model.CommandSpec;

/** {@code kubectl wiremesh version}: prints the version of this program. */
final class VersionCommand implements Runnable {
  private final CommandSpec spec;

  VersionCommand() {
    spec = CommandSpec.wrapWithoutInspection(this).name("version");
    spec.usageMessage()
        .description("Prints the version of this program; asks no cluster.")
        .footer("%nExample:", "  kubectl wiremesh version");
  }

  /** The command with its options. */
  CommandSpec spec() {
    return spec;
  }

  @Override
  public void run() {
    var version = KubectlMain.class.getPackage().getImplementationVersion();
    var out = spec.commandLine().getOut();
    out.println("kubectl-wiremesh " + (version == null ? "unknown" : version));
    out.flush();
  }
}
