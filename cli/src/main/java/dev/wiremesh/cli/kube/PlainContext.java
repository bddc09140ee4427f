package dev.wiremesh.cli.kube;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A context of a plain kubeconfig: one API server, and the user's token or client certificate.
 *
 * @param server with a slash at its end
 * @param namespace null for none
 * @param authorities the certificate authorities of the server; empty for plain HTTP
 * @param names the names of all contexts of the file
 */
record PlainContext(
    String server,
    @Nullable String namespace,
    PemSource authorities,
    User user,
    List<String> names) {
  PlainContext {
    names = List.copyOf(names);
  }

  /** The credentials. Holds keys: {@link #toString} leaves them out. */
  record User(@Nullable String token, PemSource certificate, PemSource key) {
    @Override
    public String toString() {
      return "User[" + (token != null ? "token" : "certificate") + "]";
    }
  }
}
