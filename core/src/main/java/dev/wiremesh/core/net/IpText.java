package dev.wiremesh.core.net;

import java.util.Locale;
import java.util.regex.Pattern;

/** Text of addresses: parses RFC 4291 section 2.2, prints RFC 5952. */
final class IpText {
  private static final Pattern DECIMAL = Pattern.compile("0|[1-9][0-9]{0,2}");
  private static final Pattern GROUP = Pattern.compile("[0-9a-fA-F]{1,4}");

  private IpText() {}

  static IpAddress parseAddress(String text) {
    if (text.indexOf(':') >= 0) {
      return parseV6(text);
    }
    return IpAddress.v4(parseV4(text, text));
  }

  private static int parseV4(String part, String whole) {
    var octets = part.split("\\.", -1);
    if (octets.length != 4) {
      throw invalid(
          whole, "write an IPv4 address such as 10.70.0.5 or an IPv6 address such as fd00::5");
    }
    int bits = 0;
    for (var octet : octets) {
      if (!DECIMAL.matcher(octet).matches() || Integer.parseInt(octet) > 255) {
        throw invalid(whole, "each of the four numbers is 0 to 255, without leading zeros");
      }
      bits = bits << 8 | Integer.parseInt(octet);
    }
    return bits;
  }

  private static IpAddress parseV6(String text) {
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      throw invalid(text, "'::' may stand once");
    }
    var groups = new int[8];
    int count;
    if (gap < 0) {
      count = groups(text, text, groups, 0);
      if (count != 8) {
        throw invalid(text, "an IPv6 address has eight groups, or '::' for a run of zeros");
      }
    } else {
      var front = text.substring(0, gap);
      if (front.indexOf('.') >= 0) {
        throw invalid(text, "four decimal numbers may stand only at the end of an IPv6 address");
      }
      int head = groups(front, text, groups, 0);
      var tail = new int[8];
      int tailCount = groups(text.substring(gap + 2), text, tail, 0);
      if (head + tailCount > 7) {
        throw invalid(text, "'::' stands for at least one group of zeros");
      }
      System.arraycopy(tail, 0, groups, 8 - tailCount, tailCount);
    }
    long hi = 0;
    long lo = 0;
    for (int i = 0; i < 4; i++) {
      hi = hi << 16 | groups[i];
      lo = lo << 16 | groups[i + 4];
    }
    return IpAddress.v6(hi, lo);
  }

  private static int groups(String part, String whole, int[] into, int from) {
    if (part.isEmpty()) {
      return from;
    }
    int count = from;
    var pieces = part.split(":", -1);
    for (int i = 0; i < pieces.length; i++) {
      boolean embeddedV4 = i == pieces.length - 1 && pieces[i].indexOf('.') >= 0;
      if (count + (embeddedV4 ? 2 : 1) > 8) {
        throw invalid(whole, "an IPv6 address has eight groups");
      }
      if (embeddedV4) {
        int v4 = parseV4(pieces[i], whole);
        into[count++] = v4 >>> 16;
        into[count++] = v4 & 0xffff;
      } else if (GROUP.matcher(pieces[i]).matches()) {
        into[count++] = Integer.parseInt(pieces[i], 16);
      } else {
        throw invalid(whole, "each group of an IPv6 address is one to four hexadecimal digits");
      }
    }
    return count;
  }

  static String format(IpAddress address) {
    if (address.isV4()) {
      long a = address.lo();
      return (a >>> 24) + "." + (a >>> 16 & 0xff) + "." + (a >>> 8 & 0xff) + "." + (a & 0xff);
    }
    return formatV6(address);
  }

  private static String formatV6(IpAddress address) {
    var groups = new int[8];
    for (int i = 0; i < 4; i++) {
      groups[i] = (int) (address.hi() >>> (48 - 16 * i)) & 0xffff;
      groups[i + 4] = (int) (address.lo() >>> (48 - 16 * i)) & 0xffff;
    }
    if (address.hi() == 0 && groups[4] == 0 && groups[5] == 0xffff) {
      return "::ffff:" + format(IpAddress.v4((int) address.lo()));
    }
    int bestStart = -1;
    int bestLength = 1;
    for (int i = 0; i < 8; i++) {
      int j = i;
      while (j < 8 && groups[j] == 0) {
        j++;
      }
      if (j - i > bestLength) {
        bestStart = i;
        bestLength = j - i;
      }
      i = Math.max(i, j - 1);
    }
    var out = new StringBuilder(39);
    for (int i = 0; i < 8; ) {
      if (i == bestStart) {
        out.append("::");
        i += bestLength;
        continue;
      }
      if (!out.isEmpty() && out.charAt(out.length() - 1) != ':') {
        out.append(':');
      }
      out.append(Integer.toHexString(groups[i]).toLowerCase(Locale.ROOT));
      i++;
    }
    return out.toString();
  }

  private static InvalidAddressException invalid(String text, String advice) {
    return new InvalidAddressException("'" + text + "' is not an IP address: " + advice);
  }
}
