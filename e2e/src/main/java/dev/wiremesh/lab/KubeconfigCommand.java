package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.LabException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** Prints where the kubeconfig is. */
@Command(
    name = "kubeconfig",
    mixinStandardHelpOptions = true,
    description = {
      "Prints the path of an administrator's kubeconfig:",
      "  export KUBECONFIG=$(bin/wiremesh lab kubeconfig)"
    })
final class KubeconfigCommand implements Runnable {
  @ParentCommand private LabMain lab = new LabMain();

  @Override
  public void run() {
    var folder = lab.folder();
    if (!folder.isLocked()) {
      throw new LabException(
          "the lab '%s' is not up: 'bin/wiremesh lab up' starts it".formatted(folder.name()));
    }
    System.out.println(folder.kubeconfig());
  }
}
