package dev.wiremesh.api;

import dev.wiremesh.core.digest.Digests;

/** Names that are made of a node's, which may be as long as the API server allows for itself. */
public final class ObjectNames {
  /** The longest name of an object (RFC 1123 subdomain). */
  public static final int LONGEST_NAME = 253;

  /** The longest value of a label. */
  public static final int LONGEST_LABEL = 63;

  /** The longest name of a field manager. */
  public static final int LONGEST_FIELD_MANAGER = 128;

  private static final int DIGEST_BYTES = 5;

  private ObjectNames() {}

  /**
   * The name itself if it is not longer than {@code longest}, else its beginning and a digest of
   * it: always the same for one name, and another for another.
   */
  public static String fitting(String name, int longest) {
    if (name.length() <= longest) {
      return name;
    }
    var digest = "-" + Digests.sha256Hex(name, DIGEST_BYTES);
    var beginning = name.substring(0, longest - digest.length());
    return beginning.replaceFirst("[^a-zA-Z0-9]+$", "") + digest;
  }
}
