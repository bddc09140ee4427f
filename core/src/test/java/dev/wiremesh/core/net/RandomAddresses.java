package dev.wiremesh.core.net;

import java.util.Random;

/** Random addresses and prefixes that often overlap. */
final class RandomAddresses {
  private RandomAddresses() {}

  static IpAddress any(Random random) {
    return random.nextBoolean()
        ? IpAddress.v4(random.nextInt())
        : IpAddress.v6(random.nextLong(), random.nextLong());
  }

  /** RandomAddresses that differ in few bits, at the ends and around bit 64. */
  static IpAddress crowded(Random random) {
    if (random.nextBoolean()) {
      return IpAddress.v4(0x0a000000 | random.nextInt() & 0x00c0000f);
    }
    return IpAddress.v6(
        0xfd00_0000_0000_0000L | random.nextLong() & 3, random.nextLong() & 0xc000_0000_0000_000fL);
  }

  static IpPrefix prefix(Random random, IpAddress around) {
    return IpPrefix.containing(around, random.nextInt(around.family().bits() + 1));
  }
}
