package dev.wiremesh.wireguard.fuzz;

import dev.wiremesh.core.keys.InvalidKeyException;
import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * Fuzz target: values in the text of wg and wg-quick, line by line. Each is refused with an
 * exception of this project, or written again and read back as the same value.
 */
public final class WgQuickFuzz {
  private WgQuickFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    new String(input, StandardCharsets.UTF_8).lines().forEach(WgQuickFuzz::line);
  }

  private static void line(String line) {
    int equals = line.indexOf('=');
    if (equals < 0) {
      return;
    }
    var name = line.substring(0, equals).strip();
    for (var value : line.substring(equals + 1).split(",", -1)) {
      value(name, value.strip());
    }
  }

  private static void value(String name, String value) {
    switch (name) {
      case "PrivateKey" -> roundTrip(value, PrivateKey::parse, PrivateKey::toBase64);
      case "PublicKey" -> roundTrip(value, PublicKey::parse, PublicKey::toString);
      case "PresharedKey" -> roundTrip(value, PresharedKey::parse, PresharedKey::toBase64);
      case "Address" -> roundTrip(value, IpPrefix::parseMasked, IpPrefix::toString);
      case "AllowedIPs" -> roundTrip(value, IpPrefix::parse, IpPrefix::toString);
      case "DNS" -> roundTrip(value, IpAddress::parse, IpAddress::toString);
      default -> {
        // The values of other keys are not parsed.
      }
    }
  }

  private static <T> void roundTrip(
      String text, Function<String, T> parse, Function<T, String> write) {
    T value;
    try {
      value = parse.apply(text);
    } catch (InvalidKeyException | InvalidAddressException e) {
      return;
    }
    var written = write.apply(value);
    if (!parse.apply(written).equals(value) || !written.matches("[A-Za-z0-9+/=.:]+")) {
      throw new AssertionError("'" + text + "' was read as " + value + ", written as " + written);
    }
  }
}
