package dev.wiremesh.agent.bypass;

import static java.util.stream.Collectors.toSet;

import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import dev.wiremesh.wireguard.linux.tcp.TcpProbe;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Probes the API server by TCP connections with and without our mark. Owns one platform thread, on
 * which the connections are made.
 */
public final class TcpApiProbe implements ApiProbe, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(TcpApiProbe.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int NO_MARK = 0;

  /** Most addresses of the API server that one probe tries. */
  private static final int MOST_TARGETS = 4;

  private final int ourMark;
  private final StrictReversePaths strict = new StrictReversePaths();
  private final Runnable finished;
  private final AtomicBoolean running = new AtomicBoolean();
  private final AtomicReference<@Nullable Result> result = new AtomicReference<>();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("api probe").factory());

  /**
   * @param ourMark the mark that the networks' rules except
   * @param finished called on the thread of the probe when there is a result
   */
  public TcpApiProbe(int ourMark, Runnable finished) {
    this.ourMark = ourMark;
    this.finished = finished;
  }

  @Override
  public void start(Set<ApiTarget> targets) {
    if (!targets.isEmpty() && running.compareAndSet(false, true)) {
      thread.execute(() -> run(targets));
    }
  }

  private void run(Set<ApiTarget> targets) {
    try {
      result.set(probe(targets));
    } catch (SystemCallException e) {
      log.atDebug().setCause(e).log("The API server cannot be probed");
      result.set(new Result.Unreachable());
    } finally {
      running.set(false);
      finished.run();
    }
  }

  private Result probe(Set<ApiTarget> targets) throws SystemCallException {
    var tried = targets.stream().limit(MOST_TARGETS).toList();
    for (var target : tried) {
      if (connects(target, NO_MARK)) {
        return new Result.Reached();
      }
    }
    var marked = new HashSet<ApiTarget>();
    for (var target : tried) {
      if (connects(target, ourMark)) {
        marked.add(target);
      }
    }
    // An API server that came back between the two connections is not blocked.
    for (var target : marked) {
      if (connects(target, NO_MARK)) {
        return new Result.Reached();
      }
    }
    return marked.isEmpty() ? unreachable(tried) : new Result.Blocked(marked);
  }

  private Result unreachable(List<ApiTarget> tried) {
    var ipv4 = tried.stream().filter(target -> target.address().isV4()).collect(toSet());
    return ipv4.isEmpty() || strict.interfaces(_ -> true).isEmpty()
        ? new Result.Unreachable()
        : new Result.Filtered(ipv4);
  }

  private static boolean connects(ApiTarget target, int mark) throws SystemCallException {
    return TcpProbe.connects(target.address(), target.port(), mark, TIMEOUT);
  }

  @Override
  public Optional<Result> take() {
    return Optional.ofNullable(result.getAndSet(null));
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
