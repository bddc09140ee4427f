package dev.wiremesh.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ToolsTest {
  @Test
  void cacheFolderIsWhereTheScriptsLook() {
    assertThat(cache(Map.of("XDG_CACHE_HOME", "/x", "HOME", "/h"))).isEqualTo("/x/wiremesh");
    assertThat(cache(Map.of("XDG_CACHE_HOME", "", "HOME", "/h"))).isEqualTo("/h/.cache/wiremesh");
    assertThat(cache(Map.of())).isEqualTo("/account/.cache/wiremesh");
  }

  private static String cache(Map<String, String> environment) {
    return Tools.cacheFolder(environment, "/account").toString();
  }
}
