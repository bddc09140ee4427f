package dev.wiremesh.wireguard.engine;

import dev.wiremesh.wireguard.control.ControlDutyCycle;
import dev.wiremesh.wireguard.io.Bind;
import dev.wiremesh.wireguard.io.TunDevice;
import dev.wiremesh.wireguard.peer.DeviceState;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The three threads of a device: sending, receiving, control. A packet that makes a cycle fail is
 * lost and logged, and the thread goes on.
 */
final class DeviceThreads {
  private static final Logger log = LoggerFactory.getLogger(DeviceThreads.class);

  private static final long PAUSE_NANOS = Duration.ofMillis(100).toNanos();
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

  private final UserSpaceDevice device;
  private final TunDevice tun;
  private final DeviceState state;
  private final Runnable giveWay;
  private volatile List<Thread> threads = List.of();
  private volatile boolean running;

  DeviceThreads(UserSpaceDevice device, TunDevice tun, DeviceState state, Runnable giveWay) {
    this.device = device;
    this.tun = tun;
    this.state = state;
    this.giveWay = giveWay;
  }

  void start() {
    running = true;
    var name = tun.name();
    var control = Thread.ofPlatform().name(name + "-control").unstarted(this::control);
    threads =
        List.of(
            Thread.ofPlatform().name(name + "-send").unstarted(this::send),
            Thread.ofPlatform().name(name + "-receive").unstarted(this::receive),
            control);
    state.wakeQueue.setControlThread(control);
    threads.forEach(Thread::start);
  }

  /** Something has changed that a pausing thread may be waiting for. */
  void wake() {
    threads.forEach(LockSupport::unpark);
  }

  /**
   * Ends the threads; the TUN and the socket must be closed already.
   *
   * @return false if one of them may still be running
   */
  boolean stop() {
    running = false;
    wake();
    try {
      for (var thread : threads) {
        if (!thread.join(STOP_TIMEOUT)) {
          log.atError().addKeyValue("thread", thread.getName()).log("A packet thread does not end");
          return false;
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void send() {
    while (running) {
      try {
        device.outbound().doWork();
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException | RuntimeException e) {
        pauseAfter(e, "sending");
      }
    }
  }

  private void receive() {
    while (running) {
      Bind socket = device.socket();
      if (socket == null) {
        LockSupport.parkNanos(PAUSE_NANOS);
        continue;
      }
      try {
        device.inbound().doWork(socket);
      } catch (ClosedChannelException e) {
        if (socket.equals(device.socket())) {
          LockSupport.parkNanos(PAUSE_NANOS); // the interface is going away
        }
      } catch (IOException | RuntimeException e) {
        pauseAfter(e, "receiving");
      }
    }
  }

  private void control() {
    giveWay.run();
    while (running) {
      try {
        if (device.controlWork() > 0) {
          continue;
        }
        long idle = device.controlIdleNanos();
        // Whoever stopped us may have woken us while we waited for the lock, and does it once.
        if (running) {
          ControlDutyCycle.idle(idle);
        }
      } catch (RuntimeException e) {
        pauseAfter(e, "control");
      }
    }
  }

  private void pauseAfter(Exception e, String where) {
    if (running) {
      log.atError()
          .addKeyValue("interface", tun.name())
          .addKeyValue("thread", where)
          .setCause(e)
          .log("A cycle of the packet path failed");
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
