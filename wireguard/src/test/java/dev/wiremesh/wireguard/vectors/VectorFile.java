package dev.wiremesh.wireguard.vectors;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/** Reads a file of vectors: one a line, fields between blanks, comments behind #. */
public final class VectorFile {
  private VectorFile() {}

  public static List<Line> read(String name) {
    try (var in = VectorFile.class.getResourceAsStream("/vectors/" + name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.US_ASCII)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(line -> new Line(List.of(line.split(" "))))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One vector. */
  public record Line(List<String> fields) {
    public String text(int field) {
      return fields.get(field);
    }

    /** Hexadecimal digits as bytes; a dash is no byte at all. */
    public byte[] bytes(int field) {
      var digits = text(field);
      return digits.equals("-") ? new byte[0] : HexFormat.of().parseHex(digits);
    }

    @Override
    public String toString() {
      return "vector " + fields.getFirst();
    }
  }

  /** A vector of an AEAD in the files of Project Wycheproof. */
  public record AeadVector(
      String id,
      boolean valid,
      byte[] key,
      byte[] nonce,
      byte[] associated,
      byte[] plaintext,
      byte[] sealed) {

    public static List<AeadVector> read(String file) {
      return VectorFile.read(file).stream().map(AeadVector::of).toList();
    }

    private static AeadVector of(Line line) {
      return new AeadVector(
          line.text(0),
          line.text(1).equals("valid"),
          line.bytes(2),
          line.bytes(3),
          line.bytes(4),
          line.bytes(5),
          concat(line.bytes(6), line.bytes(7)));
    }

    private static byte[] concat(byte[] ciphertext, byte[] tag) {
      var both = new byte[ciphertext.length + tag.length];
      System.arraycopy(ciphertext, 0, both, 0, ciphertext.length);
      System.arraycopy(tag, 0, both, ciphertext.length, tag.length);
      return both;
    }

    @Override
    public String toString() {
      return "vector " + id;
    }
  }
}
