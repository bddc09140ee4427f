package dev.wiremesh.agent.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.host.sysctl.ChangedSysctls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FootprintStoreTest {
  private static final HostFootprint HOME = new HostFootprint("home", "wg-home", 5190, 519);

  @Test
  void footprintSurvivesARestartUntilItIsForgotten(@TempDir Path folder) throws IOException {
    var store = new FootprintStore(folder);
    assertThat(store.load()).isEmpty();
    store.save(new HostFootprint("home", "old", 1, 2));
    store.save(HOME);
    assertThat(new FootprintStore(folder).load()).isEqualTo(Map.of("home", HOME));
    store.forget("home");
    store.forget("home");
    assertThat(new FootprintStore(folder).load()).isEmpty();
  }

  @Test
  void networkMayHaveTheNameOfTheSysctlsFile(@TempDir Path folder, @TempDir Path conf)
      throws IOException {
    var store = new FootprintStore(folder);
    Files.writeString(conf.resolve("forwarding"), "0");
    var sysctls = new ChangedSysctls(folder, conf);
    sysctls.set("forwarding", "0", "1");
    assertThat(store.load()).isEmpty();
    for (var name : new String[] {"sysctls", "changed-sysctls"}) {
      store.save(new HostFootprint(name, "wg0", 1, 2));
    }
    assertThat(store.load()).containsOnlyKeys("sysctls", "changed-sysctls");
    assertThat(sysctls.restore()).hasSize(1);
  }

  @Test
  void unreadableFileIsLeftOut(@TempDir Path folder) throws IOException {
    var store = new FootprintStore(folder);
    store.save(HOME);
    Files.writeString(folder.resolve("networks/broken.properties"), "table=many");
    assertThat(store.load()).isEqualTo(Map.of("home", HOME));
  }
}
