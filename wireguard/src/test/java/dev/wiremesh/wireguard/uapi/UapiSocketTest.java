package dev.wiremesh.wireguard.uapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.process.OwnThread;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Socket files where {@code wg} looks for them. */
@RequiresRoot
class UapiSocketTest {
  private static final String NAME = "wgt" + ProcessHandle.current().pid();
  private static final Path PATH = UapiSocket.pathOf(NAME);

  /** {@code wg} does: it takes a refused connection for a dead process. */
  @Test
  void clientThatRemovesRefusingSocketsRemovesNoneThatIsBeingOpened() throws Exception {
    var stop = new AtomicBoolean();
    var client =
        OwnThread.run(() -> {
          while (!stop.get()) {
            connectOrRemove();
          }
        });
    try {
      for (int i = 0; i < 2_000; i++) {
        try (var socket = UapiSocket.open(NAME)) {
          assertThat(socket.isInPlace()).isTrue();
        }
        assertThat(PATH).doesNotExist();
      }
    } finally {
      stop.set(true);
      client.join();
    }
  }

  private static void connectOrRemove() {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(PATH))) {
      assertThat(channel.isConnected()).isTrue();
    } catch (ConnectException refused) {
      remove();
    } catch (SocketException notThere) {
      // Between two sockets.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void remove() {
    try {
      Files.deleteIfExists(PATH);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void fileThatNobodyServesIsReplacedAndOneThatIsServedIsNot() throws Exception {
    Files.createDirectories(UapiSocket.DIRECTORY);
    Files.createFile(PATH);
    try (var socket = UapiSocket.open(NAME)) {
      assertThatThrownBy(() -> UapiSocket.open(NAME))
          .hasMessageContaining("Another process serves " + NAME);
      assertThat(socket.isInPlace()).isTrue();
      try (var files = Files.list(UapiSocket.DIRECTORY)) {
        assertThat(files.filter(file -> file.toString().contains(NAME))).containsExactly(PATH);
      }
    }
    assertThat(PATH).doesNotExist();
  }
}
