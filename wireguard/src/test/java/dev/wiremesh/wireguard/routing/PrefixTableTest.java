package dev.wiremesh.wireguard.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixTableTest {
  @Test
  void longestPrefixWins() {
    var table = table("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "::/0", "fd00::/8");
    assertThat(match(table, "10.1.2.3")).isEqualTo("10.1.2.3/32");
    assertThat(match(table, "10.1.2.4")).isEqualTo("10.1.0.0/16");
    assertThat(match(table, "10.2.0.1")).isEqualTo("10.0.0.0/8");
    assertThat(match(table, "192.0.2.1")).isEqualTo("0.0.0.0/0");
    assertThat(match(table, "fd12::1")).isEqualTo("fd00::/8");
    assertThat(match(table, "2001:db8::1")).isEqualTo("::/0");
  }

  @Test
  void familiesAreApart() {
    var table = table("0.0.0.0/0");
    assertThat(match(table, "::")).isNull();
    assertThat(match(table("::/0"), "0.0.0.0")).isNull();
  }

  @Test
  void oldTableIsAsItWas() {
    var old = table("10.0.0.0/8");
    var added = old.with(IpPrefix.parse("10.0.0.0/9"), "new");
    var removed = old.without(IpPrefix.parse("10.0.0.0/8"));
    assertThat(match(old, "10.0.0.1")).isEqualTo("10.0.0.0/8");
    assertThat(match(added, "10.0.0.1")).isEqualTo("new");
    assertThat(match(removed, "10.0.0.1")).isNull();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void agreesWithASlowList(long seed) {
    var random = new Random(seed);
    var table = PrefixTable.<String>empty();
    Map<IpPrefix, String> oracle = new HashMap<>();
    for (int i = 0; i < 3000; i++) {
      var prefix = randomPrefix(random);
      if (random.nextInt(3) == 0) {
        table = table.without(prefix);
        oracle.remove(prefix);
      } else {
        table = table.with(prefix, "value " + i);
        oracle.put(prefix, "value " + i);
      }
      assertThat(table.get(prefix)).as("seed %d", seed).isEqualTo(oracle.get(prefix));
      for (int j = 0; j < 5; j++) {
        var address = randomAddress(random);
        assertThat(table.match(address))
            .as("seed %d, step %d, %s", seed, i, address)
            .isEqualTo(slowMatch(oracle, address));
      }
    }
    for (var prefix : oracle.keySet()) {
      table = table.without(prefix);
    }
    assertThat(table.match(IpAddress.parse("10.0.0.1"))).isNull();
  }

  private static @Nullable String slowMatch(Map<IpPrefix, String> prefixes, IpAddress address) {
    return prefixes.entrySet().stream()
        .filter(entry -> entry.getKey().contains(address))
        .max((a, b) -> Integer.compare(a.getKey().length(), b.getKey().length()))
        .map(Map.Entry::getValue)
        .orElse(null);
  }

  private static IpPrefix randomPrefix(Random random) {
    var address = randomAddress(random);
    return IpPrefix.containing(address, random.nextInt(address.family().bits() + 1));
  }

  /** Few different bits, in a few places, so that prefixes nest and addresses hit. */
  private static IpAddress randomAddress(Random random) {
    int v4 = 10 << 24 | random.nextInt(4) << 22 | random.nextInt(4) << 8 | random.nextInt(4);
    return random.nextBoolean()
        ? IpAddress.v4(v4)
        : IpAddress.v6(
            0xfd00L << 48 | random.nextInt(4), (long) random.nextInt(4) << 62 | random.nextInt(8));
  }

  private static PrefixTable<String> table(String... prefixes) {
    var table = PrefixTable.<String>empty();
    for (var prefix : prefixes) {
      table = table.with(IpPrefix.parse(prefix), prefix);
    }
    return table;
  }

  private static @Nullable String match(PrefixTable<String> table, String address) {
    return table.match(IpAddress.parse(address));
  }
}
