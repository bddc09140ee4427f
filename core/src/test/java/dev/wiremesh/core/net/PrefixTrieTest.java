package dev.wiremesh.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.Seeds;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PrefixTrieTest {
  @Test
  void longestPrefixWins() {
    var trie =
        PrefixTrie.<String>builder()
            .put(IpPrefix.parse("10.0.0.0/8"), "ten")
            .put(IpPrefix.parse("10.70.0.0/16"), "mesh")
            .put(IpPrefix.parse("10.70.0.5/32"), "laptop")
            .put(IpPrefix.parse("::/0"), "all six")
            .build();

    assertThat(trie.match(IpAddress.parse("10.70.0.5"))).contains("laptop");
    assertThat(trie.match(IpAddress.parse("10.70.0.6"))).contains("mesh");
    assertThat(trie.match(IpAddress.parse("10.71.0.6"))).contains("ten");
    assertThat(trie.match(IpAddress.parse("11.0.0.0"))).isEmpty();
    assertThat(trie.match(IpAddress.parse("fd00::1"))).contains("all six");
    assertThat(trie.match(IpPrefix.parse("10.70.0.0/24"))).contains("mesh");
    assertThat(trie.match(IpPrefix.parse("10.0.0.0/7"))).isEmpty();
    assertThat(PrefixTrie.<String>builder().build().match(IpAddress.parse("::"))).isEmpty();
  }

  @Test
  void builtTrieDoesNotChangeWithItsBuilder() {
    var builder = PrefixTrie.<String>builder().put(IpPrefix.parse("10.0.0.0/8"), "before");
    var before = builder.build();
    builder.put(IpPrefix.parse("10.0.0.0/8"), "after").put(IpPrefix.parse("10.1.0.0/16"), "new");

    assertThat(before.match(IpAddress.parse("10.1.0.1"))).contains("before");
    assertThat(before.size()).isEqualTo(1);
    assertThat(builder.build().size()).isEqualTo(2);
  }

  @Test
  void agreesWithTheSlowOracle() {
    var random = Seeds.random();
    for (int round = 0; round < 300; round++) {
      var oracle = new HashMap<IpPrefix, Integer>();
      var builder = PrefixTrie.<Integer>builder();
      int count = random.nextInt(60);
      for (int i = 0; i < count; i++) {
        var prefix = Addresses.prefix(random, Addresses.crowded(random));
        builder.put(prefix, i);
        oracle.put(prefix, i);
      }
      var trie = builder.build();

      assertThat(trie.size()).isEqualTo(oracle.size());
      var listed = new LinkedHashMap<IpPrefix, Integer>();
      trie.forEach(listed::put);
      assertThat(listed).containsExactlyEntriesOf(new TreeMap<>(oracle));
      for (int i = 0; i < 200; i++) {
        var address = random.nextInt(8) == 0 ? Addresses.any(random) : Addresses.crowded(random);
        assertThat(trie.match(address)).isEqualTo(longest(oracle, address.toPrefix()));
        var prefix = Addresses.prefix(random, address);
        assertThat(trie.match(prefix)).isEqualTo(longest(oracle, prefix));
      }
    }
  }

  private static Optional<Integer> longest(Map<IpPrefix, Integer> oracle, IpPrefix wanted) {
    return oracle.entrySet().stream()
        .filter(entry -> entry.getKey().contains(wanted))
        .max(Map.Entry.comparingByKey((a, b) -> Integer.compare(a.length(), b.length())))
        .map(Map.Entry::getValue);
  }
}
