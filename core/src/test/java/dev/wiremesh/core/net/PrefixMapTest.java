package dev.wiremesh.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.Seeds;
import dev.wiremesh.core.net.IpAddress.Family;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PrefixMapTest {
  private final Random random = Seeds.random();

  @Test
  void lookupsAgreeWithTheSlowOracle() {
    for (int round = 0; round < 300; round++) {
      var map = new PrefixMap<Integer>();
      var oracle = new TreeMap<IpPrefix, Integer>();
      for (int i = random.nextInt(40); i > 0; i--) {
        var prefix = prefix();
        map.put(prefix, i);
        oracle.put(prefix, i);
      }
      for (int i = 0; i < 50; i++) {
        var block = prefix();
        assertThat(map.get(block)).isEqualTo(oracle.get(block));
        assertThat(map.covers(block))
            .isEqualTo(oracle.keySet().stream().anyMatch(it -> it.contains(block)));
        assertThat(map.overlapping(block)).isEqualTo(first(oracle, block, 0));
        assertThat(map.overlapping(block, value -> value > 20)).isEqualTo(first(oracle, block, 20));
      }
    }
  }

  private static Optional<Map.Entry<IpPrefix, Integer>> first(
      TreeMap<IpPrefix, Integer> oracle, IpPrefix block, int above) {
    return oracle.entrySet().stream()
        .filter(entry -> entry.getKey().overlaps(block) && entry.getValue() > above)
        .findFirst()
        .map(entry -> Map.entry(entry.getKey(), entry.getValue()));
  }

  private IpPrefix prefix() {
    int bits = random.nextInt(9);
    int host = random.nextInt(256);
    return switch (random.nextInt(4)) {
      case 0 -> IpPrefix.containing(new IpAddress(Family.IPV6, -1, host), 120 + bits);
      case 1 -> IpPrefix.containing(new IpAddress(Family.IPV6, (long) host << 56, 0), bits);
      case 2 -> IpPrefix.containing(IpAddress.parse(host + ".0.0.0"), bits);
      default -> IpPrefix.containing(IpAddress.parse("255.255.255." + host), 24 + bits);
    };
  }
}
