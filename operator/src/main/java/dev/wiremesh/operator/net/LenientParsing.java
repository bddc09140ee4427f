package dev.wiremesh.operator.net;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Parses texts of API objects: a text that cannot be parsed is treated as absent. */
public final class LenientParsing {
  private LenientParsing() {}

  public static <T> Optional<T> read(String text, Function<String, T> parse) {
    try {
      return Optional.of(parse.apply(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  public static <T> List<T> readAll(List<String> texts, Function<String, T> parse) {
    return texts.stream().flatMap(text -> read(text, parse).stream()).toList();
  }
}
