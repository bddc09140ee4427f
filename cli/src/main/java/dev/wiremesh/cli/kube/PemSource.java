package dev.wiremesh.cli.kube;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A place of a kubeconfig for certificates or a key in PEM. It may hold a key: {@link #toString}
 * leaves it out.
 *
 * @param data base64 of PEM; goes before the file, as in kubectl
 */
record PemSource(@Nullable String data, @Nullable String file) {
  boolean isEmpty() {
    return data == null && file == null;
  }

  /**
   * The PEM text.
   *
   * @throws IllegalArgumentException if the data is not base64
   */
  byte[] read() throws IOException {
    return data != null
        ? Base64.getDecoder().decode(data)
        : Files.readAllBytes(Path.of(String.valueOf(file)));
  }

  @Override
  public String toString() {
    return "PemSource[" + (data != null ? "data" : file) + "]";
  }
}
