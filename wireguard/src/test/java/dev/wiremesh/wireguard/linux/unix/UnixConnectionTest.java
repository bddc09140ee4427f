package dev.wiremesh.wireguard.linux.unix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.lang.foreign.Arena;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class UnixConnectionTest {
  @TempDir private Path folder;

  @Test
  void aClientThatTakesNothingIsGivenUp() throws Exception {
    var path = folder.resolve("s");
    try (var listener = UnixListener.bind(path);
        var client = SocketChannel.open(UnixDomainSocketAddress.of(path));
        var connection = listener.accept();
        var memory = Arena.ofConfined()) {
      connection.setSendTimeout(Duration.ofMillis(100));
      var out = connection.output(memory);
      out.write(new byte[] {1, 2, 3});
      assertThatThrownBy(
              () -> {
                while (true) {
                  out.write(new byte[16 << 10]);
                }
              })
          .isInstanceOfSatisfying(
              SystemCallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EAGAIN));
      assertThat(client.read(ByteBuffer.allocate(3))).isEqualTo(3);
    }
  }
}
