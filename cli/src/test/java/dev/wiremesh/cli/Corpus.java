package dev.wiremesh.cli;

import dev.wiremesh.api.v1alpha1.Peer;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The operator's golden files: Peers with the configurations that the operator makes for them. Each
 * input of the operator's test is an input here.
 */
public record Corpus(String name, Peer peer, String configuration) {
  private static final Path FOLDER =
      Path.of("../operator/src/test/resources/client-configurations");

  /** All of them, in alphabetical order. */
  public static List<Corpus> all() throws IOException {
    try (var files = Files.list(FOLDER)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(file -> file.startsWith("in-"))
          .map(file -> file.substring("in-".length(), file.length() - ".yaml".length()))
          .sorted()
          .map(Corpus::named)
          .toList();
    }
  }

  /** The one of this name. */
  public static Corpus named(String name) {
    try {
      return new Corpus(
          name,
          subject(Files.readString(FOLDER.resolve("in-" + name + ".yaml"))),
          Files.readString(FOLDER.resolve("out-" + name + ".conf")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The Peer "subject", whose status has the operator's decisions on its routes. */
  private static Peer subject(String input) {
    return Stream.of(input.split("\n---\n"))
        .filter(document -> document.contains("kind: Peer"))
        .map(document -> Serialization.unmarshal(document, Peer.class))
        .filter(peer -> peer.getMetadata().getName().equals("subject"))
        .findFirst()
        .orElseThrow();
  }
}
