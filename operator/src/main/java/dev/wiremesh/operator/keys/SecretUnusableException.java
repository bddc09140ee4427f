package dev.wiremesh.operator.keys;

import dev.wiremesh.operator.kube.ExplainedException;

/** A Secret of the operator that cannot be read; the message names it and the remedy. */
public final class SecretUnusableException extends ExplainedException {
  private static final long serialVersionUID = 1L;

  SecretUnusableException(String namespace, String name, String problem) {
    super(
        "the Secret "
            + namespace
            + "/"
            + name
            + " has "
            + problem
            + ": restore it, or delete it so that a new one is made");
  }
}
