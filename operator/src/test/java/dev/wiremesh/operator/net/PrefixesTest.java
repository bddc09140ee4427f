package dev.wiremesh.operator.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PrefixesTest {
  @Test
  void neighboursGrowTogether() {
    assertThat(
            Prefixes.minimal(
                prefixes(
                    "10.244.2.0/24",
                    "10.244.1.0/24",
                    "10.244.3.0/24",
                    "10.244.0.0/24",
                    "fd00::/64",
                    "10.244.3.7/32",
                    "10.245.0.0/24")))
        .containsExactlyElementsOf(prefixes("10.244.0.0/22", "10.245.0.0/24", "fd00::/64"));
  }

  @Test
  void longestPrefixesAreWidenedFirstWhereThereAreTooMany() {
    assertThat(
            Prefixes.atMost(
                prefixes("10.0.0.1/32", "10.0.0.2/32", "10.0.0.4/32", "10.96.0.0/12"), 2))
        .containsExactlyElementsOf(prefixes("10.0.0.0/29", "10.96.0.0/12"));
    assertThat(Prefixes.atMost(prefixes("fd00:1::1/128", "fd00:1::9/128", "10.0.0.1/32"), 2))
        .containsExactlyElementsOf(prefixes("10.0.0.1/32", "fd00:1::/64"));
    assertThat(Prefixes.atMost(prefixes("10.0.0.1/32", "10.9.0.0/16"), 2))
        .containsExactlyElementsOf(prefixes("10.0.0.1/32", "10.9.0.0/16"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void widenedPrefixesContainAllAddresses(long seed) {
    var random = new Random(seed);
    var all = new ArrayList<IpPrefix>();
    for (int i = 0; i < 3_000; i++) {
      all.add(
          random.nextBoolean()
              ? IpPrefix.parse("10.%d.%d.%d/32".formatted(i % 9, i % 256, random.nextInt(256)))
              : IpPrefix.parse("fd00:%x:%x::%x/128".formatted(i % 9, i, random.nextInt(256))));
    }
    var fewer = Prefixes.atMost(all, 1024);
    assertThat(fewer).hasSizeLessThanOrEqualTo(1024).noneMatch(IpPrefix::isDefault);
    assertThat(all).allMatch(one -> fewer.stream().anyMatch(it -> it.contains(one)));
  }

  @Test
  void holesAreCutOut() {
    assertThat(Prefixes.minus(prefixes("10.0.0.0/8"), prefixes("10.128.0.0/9", "10.0.0.0/10")))
        .containsExactlyElementsOf(prefixes("10.64.0.0/10"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void sameAddressesAsOneByOne(long seed) {
    var random = new Random(seed);
    var prefixes = some(random);
    var holes = some(random);

    var minimal = Prefixes.minimal(prefixes);
    var without = Prefixes.withoutContained(prefixes);
    var left = Prefixes.minus(prefixes, holes);

    for (int i = 0; i < 256; i++) {
      var address = IpAddress.v4(0x0a000000 + i);
      var in = contains(prefixes, address);
      assertThat(contains(minimal, address)).isEqualTo(in);
      assertThat(contains(without, address)).isEqualTo(in);
      assertThat(contains(left, address)).isEqualTo(in && !contains(holes, address));
    }
    assertThat(minimal.size()).isLessThanOrEqualTo(without.size());
  }

  /** Of the 256 addresses from 10.0.0.0 on. */
  private static List<IpPrefix> some(Random random) {
    var prefixes = new ArrayList<IpPrefix>();
    for (int i = 0; i < 12; i++) {
      prefixes.add(
          IpPrefix.containing(
              IpAddress.v4(0x0a000000 + random.nextInt(256)), 26 + random.nextInt(7)));
    }
    return prefixes;
  }

  private static boolean contains(List<IpPrefix> prefixes, IpAddress address) {
    return prefixes.stream().anyMatch(it -> it.contains(address));
  }

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }
}
