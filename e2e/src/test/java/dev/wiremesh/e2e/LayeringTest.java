package dev.wiremesh.e2e;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Dependencies between modules and packages: section "Modules" of docs/architecture.md. */
class LayeringTest {
  private static final String ALL = "dev.wiremesh..";
  private static final String CORE = "dev.wiremesh.core..";
  private static final String CRDS = "dev.wiremesh.api..";
  private static final String WIREGUARD = "dev.wiremesh.wireguard..";
  private static final String OPERATOR = "dev.wiremesh.operator..";
  private static final String AGENT = "dev.wiremesh.agent..";
  private static final String CLI = "dev.wiremesh.cli..";
  private static final String TESTKIT = "dev.wiremesh.testkit..";
  private static final String LAB = "dev.wiremesh.lab..";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.wiremesh");

  @Test
  void everyModuleIsLookedAt() {
    for (var module : new String[] {CORE, CRDS, WIREGUARD, OPERATOR, AGENT, CLI, TESTKIT, LAB}) {
      assertThat(CLASSES.that(resideInAPackage(module))).as(module).isNotEmpty();
    }
  }

  @Test
  void coreNeedsOnlyTheJdk() {
    classes()
        .that()
        .resideInAPackage(CORE)
        .should()
        .onlyDependOnClassesThat(resideInAnyPackage(CORE, "java..", "javax..", "org.jspecify.."))
        .because("the rules of the mesh must be testable and usable anywhere")
        .check(CLASSES);
  }

  @Test
  void viewsContainNoRules() {
    coreSeesNone("view", "membership", "group", "route", "path", "topology", "session");
  }

  @Test
  void rulesAreApartUntilTopologyJoinsThem() {
    coreSeesNone("membership", "group", "route", "path", "topology");
    coreSeesNone("group", "membership", "route", "path", "topology");
    coreSeesNone("path", "membership", "group", "route", "topology");
    coreSeesNone("route", "path", "topology");
  }

  @Test
  void crdsSeeOnlyCore() {
    seesOf(CRDS, CORE);
  }

  @Test
  void wireguardSeesOnlyCore() {
    seesOf(WIREGUARD, CORE);
  }

  @Test
  void operatorSeesCoreAndCrds() {
    seesOf(OPERATOR, CORE, CRDS);
  }

  @Test
  void agentSeesCoreCrdsAndWireguard() {
    seesOf(AGENT, CORE, CRDS, WIREGUARD);
  }

  @Test
  void commandLineSeesCoreAndCrds() {
    seesOf(CLI, CORE, CRDS);
  }

  @Test
  void testkitSeesNoneOfOurs() {
    seesOf(TESTKIT);
  }

  @Test
  void labSeesTheApiAndTheTestkit() {
    // Not the programs: it runs them as processes, as a kubelet would.
    seesOf(LAB, CORE, CRDS, TESTKIT);
  }

  @Test
  void testkitIsSeenByTheLabAlone() {
    noClasses()
        .that()
        .resideInAnyPackage(CORE, CRDS, WIREGUARD, OPERATOR, AGENT, CLI)
        .should()
        .dependOnClassesThat(resideInAPackage(TESTKIT))
        .because("what tests need must not be in what users run")
        .check(CLASSES);
  }

  @Test
  void onlyProgramsThatSpeakWithKubernetesSeeItsClient() {
    noClasses()
        .that()
        .resideInAnyPackage(CORE, WIREGUARD, TESTKIT)
        .should()
        .dependOnClassesThat(resideInAPackage("io.fabric8.kubernetes.."))
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage(CRDS)
        .should()
        .dependOnClassesThat(kubernetesClients())
        .because("the API types are values without clients")
        .check(CLASSES);
  }

  @Test
  void onlyTheDataPlaneTouchesForeignMemory() {
    noClasses()
        .that(resideInAPackage(ALL).and(DescribedPredicate.not(resideInAPackage(WIREGUARD))))
        .should()
        .dependOnClassesThat(resideInAPackage("java.lang.foreign.."))
        .because("system calls and memory segments are wireguard's, behind its interfaces")
        .check(CLASSES);
  }

  @Test
  void deviceIsValuesOnly() {
    dataPlaneSeesNone("device", "peer", "control", "datapath", "engine", "packet");
  }

  @Test
  void packetFunctionsKnowNoPeers() {
    dataPlaneSeesNone("packet", "peer", "control", "datapath", "engine");
  }

  @Test
  void peerStateDecidesNothing() {
    dataPlaneSeesNone("peer", "control", "datapath", "engine");
  }

  @Test
  void packetThreadsTakeNoControlLock() {
    dataPlaneSeesNone("datapath", "control", "engine");
    noClasses()
        .that()
        .resideOutsideOfPackages(wireguard("control"), wireguard("engine"))
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "the control lock",
                type -> type.getName().startsWith("dev.wiremesh.wireguard.control.ControlLock")))
        .check(CLASSES);
  }

  @Test
  void linuxKnowsNoDevices() {
    noClasses()
        .that()
        .resideInAPackage("dev.wiremesh.wireguard.linux..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                wireguard("device"),
                wireguard("peer"),
                wireguard("control"),
                wireguard("datapath"),
                wireguard("engine")))
        .because("a socket and a TUN are of use to any program")
        .check(CLASSES);
  }

  @Test
  void noPackageCycles() {
    slices().matching("dev.wiremesh.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  /** Classes of a package of {@code core} do not depend on the other packages. */
  private static void coreSeesNone(String name, String... others) {
    seesNone("dev.wiremesh.core.", name, others);
  }

  /** Classes of a package of the data plane do not depend on the other packages. */
  private static void dataPlaneSeesNone(String name, String... others) {
    seesNone("dev.wiremesh.wireguard.", name, others);
  }

  private static void seesNone(String parent, String name, String... others) {
    assertThat(CLASSES.that(resideInAPackage(parent + name))).as(name).isNotEmpty();
    noClasses()
        .that()
        .resideInAPackage(parent + name)
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                Stream.of(others).map(other -> parent + other).toArray(String[]::new)))
        .check(CLASSES);
  }

  private static String wireguard(String name) {
    return "dev.wiremesh.wireguard." + name;
  }

  /** Classes of a module see, of ours, only themselves and the named. */
  private static void seesOf(String module, String... named) {
    var allowed = new String[named.length + 1];
    allowed[0] = module;
    System.arraycopy(named, 0, allowed, 1, named.length);
    noClasses()
        .that()
        .resideInAPackage(module)
        .should()
        .dependOnClassesThat(
            resideInAPackage(ALL).and(DescribedPredicate.not(resideInAnyPackage(allowed))))
        .check(CLASSES);
  }

  /** Fabric8's client itself; the API model and the marker types of custom resources are values. */
  private static DescribedPredicate<JavaClass> kubernetesClients() {
    return DescribedPredicate.describe(
        "Kubernetes clients",
        type ->
            type.getName().equals("io.fabric8.kubernetes.client.KubernetesClient")
                || type.getPackageName().startsWith("io.fabric8.kubernetes.client.dsl")
                || type.getPackageName().startsWith("io.fabric8.kubernetes.client.informers"));
  }

  @Test
  void dataPlaneDependsOnEndpointsNotOnUdp() {
    noClasses()
        .that()
        .resideInAPackage(WIREGUARD)
        .and()
        .resideOutsideOfPackages(
            "dev.wiremesh.wireguard.io..",
            "dev.wiremesh.wireguard.linux.udp..",
            "dev.wiremesh.wireguard.uapi..",
            "dev.wiremesh.wireguard.daemon..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("dev.wiremesh.wireguard.io.UdpEndpoint")
        .because("a peer's path may be a relay: Bind and Endpoint are all that the device knows")
        .check(CLASSES);
  }
}
