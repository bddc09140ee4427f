package dev.wiremesh.operator.keys;

/** A Secret of ours that we cannot read; the message says which, and what would help. */
public final class SecretUnusableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SecretUnusableException(String namespace, String name, String what) {
    super(
        "the Secret "
            + namespace
            + "/"
            + name
            + " has "
            + what
            + ": restore it, or delete it so that a new one is made");
  }
}
