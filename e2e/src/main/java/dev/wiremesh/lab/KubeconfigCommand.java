package dev.wiremesh.lab;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code lab kubeconfig}: prints the path of the kubeconfig. */
@Command(
    name = "kubeconfig",
    description = {
      "Prints the path of an administrator's kubeconfig.",
      "  export KUBECONFIG=$(bin/wiremesh lab kubeconfig)"
    })
final class KubeconfigCommand implements Runnable {
  @ParentCommand private LabMain lab = new LabMain();

  @Override
  public void run() {
    var folder = lab.folder();
    if (!folder.isLocked()) {
      throw folder.notUp();
    }
    System.out.println(folder.kubeconfig());
  }
}
