package dev.wiremesh.lab.control;

import java.util.List;
import java.util.Map;

/** A request to a running lab, sent over its control socket. */
public record Request(Command command, Map<String, String> arguments) {

  public Request {
    arguments = Map.copyOf(arguments);
  }

  public static Request of(Command command) {
    return new Request(command, Map.of());
  }

  String argument(String name) {
    return arguments.getOrDefault(name, "");
  }

  /** The kinds of requests, with their arguments and answers. */
  public enum Command {
    /** Answers a MeshReport. */
    STATUS,
    /** {@code name}; answers a {@link Machine}. */
    MACHINE,
    /** {@code name, peer, with, nat, lan}; answers a {@link NewHost}. */
    ADD_HOST,
    /** {@code name}; answers nothing. */
    REMOVE_HOST,
    /** {@code name}, {@code operator} or a node; its program is killed and started; no answer. */
    RESTART,
    /** {@code milliseconds}; the API server is killed and started after that; no answer. */
    API_OUTAGE,
    /** Answers nothing; then the lab ends. */
    DOWN
  }

  /** A machine, identified by the process that holds its namespaces. */
  public record Machine(long keeperPid) {}

  /** An outside host that is up. */
  public record NewHost(List<String> addresses, List<String> machines) {}
}
