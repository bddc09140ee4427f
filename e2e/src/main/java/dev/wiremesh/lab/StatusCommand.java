package dev.wiremesh.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.cluster.MeshReport;
import dev.wiremesh.lab.control.ControlClient;
import dev.wiremesh.lab.control.Request;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code lab status}: prints a report of a running lab. */
@Command(
    name = "status",
    description = {
      "Shows nodes, addresses, handshakes and a matrix of pings.",
      "Ends with 0 if every node reaches every other one, else with 1."
    })
final class StatusCommand implements Callable<Integer> {
  @ParentCommand private LabMain lab = new LabMain();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "text or json (default: ${DEFAULT-VALUE}).")
  private String format = "text";

  @Override
  public Integer call() throws JsonProcessingException {
    if (!format.equals("text") && !format.equals("json")) {
      throw new LabException("'%s': write -o text or -o json".formatted(format));
    }
    var report =
        new ControlClient(lab.folder()).ask(Request.of(Request.Command.STATUS), MeshReport.class);
    System.out.println(
        format.equals("json")
            ? new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValueAsString(report)
            : ReportText.of(report));
    return report.complete() ? 0 : 1;
  }
}
