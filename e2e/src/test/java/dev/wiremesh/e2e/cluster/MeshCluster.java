package dev.wiremesh.e2e.cluster;

import dev.wiremesh.testkit.process.CommandResult;
import java.nio.file.Path;
import java.util.List;

/** A Kubernetes cluster that {@link MeshLifecycle} runs on. */
interface MeshCluster extends AutoCloseable {

  /** Names of its nodes, three or more. */
  List<String> nodes();

  /** Runs kubectl as an administrator; throws unless it succeeds. */
  String kubectl(String... arguments);

  /** For calls that may fail. */
  CommandResult tryKubectl(String... arguments);

  /** Runs Helm 3; throws unless it succeeds. */
  String helm(String... arguments);

  /** Runs a script of this machine's shell, with the cluster's kubectl. */
  CommandResult shell(String script);

  default void apply(Path manifest) {
    kubectl("apply", "-f", manifest.toAbsolutePath().toString());
  }

  /** Gives an image archive to every node. */
  void load(Path image);

  /** Runs a command as root on a node, or on a host outside. */
  CommandResult on(String machine, String... command);

  /** Lines of the API server's audit log: what ServiceAccounts outside kube-system did. */
  List<String> auditLog();

  @Override
  void close();
}
