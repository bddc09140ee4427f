package dev.wiremesh.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrefixWideningTest {
  private static final int RANDOM_SETS = 5_000;

  @ParameterizedTest(name = "{0}; sites {1}; outside {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "192.168.200.0/24                   | 192.168.200.0/24                  |                  | 192.168.200.0/23",
        // Two sites that are halves of one block share it.
        "192.168.200.0/24, 192.168.201.0/24 | 192.168.200.0/24, 192.168.201.0/24 |                 | 192.168.200.0/23",
        "192.168.201.0/24, 192.168.202.0/24 | 192.168.201.0/24, 192.168.202.0/24 |                 | 192.168.200.0/23, 192.168.202.0/23",
        // A site around another site is widened by its own bit.
        "192.168.200.0/23                   | 192.168.200.0/23, 192.168.200.0/24 |                 | 192.168.200.0/22",
        // The pool beside the site is in the tunnel already.
        "10.70.0.0/24, 10.70.1.0/24         | 10.70.1.0/24                      | 10.70.0.0/24     | 10.70.0.0/23",
        "10.70.0.0/16, 192.168.2.0/24       | 192.168.2.0/24                    |                  | 10.70.0.0/16, 192.168.2.0/23",
        // A prefix around the site is less specific already.
        "192.168.0.0/16                     | 192.168.200.0/24                  |                  | 192.168.0.0/16",
        "0.0.0.0/0                          | 192.168.200.0/24                  | 203.0.113.5/32   | 0.0.0.0/0",
        // The tunnel does not carry the site.
        "10.70.0.0/16                       | 192.168.200.0/24                  |                  | 10.70.0.0/16",
        // The user asked for a part of the site.
        "192.168.200.64/26                  | 192.168.200.0/24                  |                  | 192.168.200.0/23",
        "fd12:34::/64                       | fd12:34::/64                      |                  | fd12:34::/63",
        "192.168.200.0/24, fd12:34:0:1::/64 | 192.168.200.0/24, fd12:34:0:1::/64 | fd12::/16       | 192.168.200.0/23, fd12:34:0:1::/64",
        "192.168.200.7/32                   | 192.168.200.7/32                  |                  | 192.168.200.6/31",
      })
  void siteIsInsideAShorterPrefix(
      String allowed, String sites, @Nullable String outside, String expected) {
    assertThat(PrefixWidening.of(list(allowed), list(sites), list(outside)).prefixes())
        .isEqualTo(list(expected));
  }

  @ParameterizedTest
  @CsvSource({"192.168.201.9/32", "192.168.201.0/24", "192.168.0.0/16", "192.168.201.128/25"})
  void siteBesideARangeThatStaysOutsideKeepsItsPrefix(String outside) {
    var site = IpPrefix.parse("192.168.200.0/24");
    var widening = PrefixWidening.of(List.of(site), List.of(site), list(outside));
    assertThat(widening.prefixes()).containsExactly(site);
    assertThat(widening.hindrances()).isEqualTo(Map.of(site, IpPrefix.parse(outside)));
  }

  @Test
  void siteWithAHoleKeepsItsParts() {
    var site = IpPrefix.parse("192.168.200.0/24");
    var hole = IpPrefix.parse("192.168.200.10/32");
    var widening = PrefixWidening.of(site.minus(hole), List.of(site), List.of(hole));
    assertThat(widening.prefixes()).containsExactlyInAnyOrderElementsOf(site.minus(hole));
    assertThat(widening.hindrances()).containsOnlyKeys(site);
  }

  /** The oracle counts single addresses in a space of 256. */
  @Test
  void randomSetsKeepTheRules() {
    var random = Seeds.random();
    for (int i = 0; i < RANDOM_SETS; i++) {
      var outside = randomPrefixes(random, 3);
      var allowed = randomPrefixes(random, 5);
      var sites = randomPrefixes(random, 4);
      var widening = PrefixWidening.of(allowed, sites, outside);
      var name = "%s, sites %s, outside %s gives %s".formatted(allowed, sites, outside, widening);

      var before = addresses(allowed);
      var after = addresses(widening.prefixes());
      assertThat(contains(after, before)).as("nothing is lost: " + name).isTrue();

      var added = (BitSet) after.clone();
      added.andNot(before);
      assertThat(added.intersects(addresses(outside))).as("nothing leaks: " + name).isFalse();

      for (var site : sites) {
        if (!addresses(List.of(site)).intersects(before)) {
          continue;
        }
        boolean hindered = widening.hindrances().containsKey(site);
        assertThat(isInsideAShorterPrefix(site, widening.prefixes()))
            .as("%s of %s", site, name)
            .isEqualTo(!hindered);
        assertThat(canBeWidened(site, before, outside))
            .as("%s is hindered in vain in %s", site, name)
            .isEqualTo(!hindered);
      }
      added.andNot(addresses(sites.stream().map(PrefixWideningTest::parent).toList()));
      assertThat(added.isEmpty()).as("no more than one bit: " + name).isTrue();
    }
  }

  /** Whether the longest match of each of the site's addresses is shorter than the site. */
  private static boolean isInsideAShorterPrefix(IpPrefix site, List<IpPrefix> prefixes) {
    return addresses(List.of(site)).stream()
            .allMatch(address ->
                prefixes.stream()
                    .filter(prefix -> addresses(List.of(prefix)).get(address))
                    .mapToInt(IpPrefix::length)
                    .max()
                    .stream()
                    .allMatch(length -> length < site.length()))
        && prefixes.stream().anyMatch(prefix -> prefix.contains(site));
  }

  private static boolean canBeWidened(IpPrefix site, BitSet before, List<IpPrefix> outside) {
    var wider = addresses(List.of(parent(site)));
    wider.andNot(before);
    return !wider.intersects(addresses(outside));
  }

  private static IpPrefix parent(IpPrefix site) {
    return IpPrefix.containing(site.address(), site.length() - 1);
  }

  private static List<IpPrefix> randomPrefixes(RandomGenerator random, int most) {
    var prefixes = new ArrayList<IpPrefix>();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      prefixes.add(IpPrefix.containing(IpAddress.v4(random.nextInt(256)), random.nextInt(25, 33)));
    }
    return prefixes;
  }

  private static BitSet addresses(List<IpPrefix> prefixes) {
    var addresses = new BitSet(256);
    for (var prefix : prefixes) {
      int first = (int) prefix.address().lo();
      addresses.set(first, first + (1 << (32 - prefix.length())));
    }
    return addresses;
  }

  private static boolean contains(BitSet all, BitSet some) {
    var rest = (BitSet) some.clone();
    rest.andNot(all);
    return rest.isEmpty();
  }

  private static List<IpPrefix> list(@Nullable String texts) {
    return texts == null
        ? List.of()
        : Arrays.stream(texts.split(",")).map(String::strip).map(IpPrefix::parse).toList();
  }
}
