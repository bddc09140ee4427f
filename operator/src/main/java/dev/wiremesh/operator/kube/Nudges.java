package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.util.Set;

/** Has a controller look at an object because something else has changed. Thread-safe. */
public final class Nudges<P extends HasMetadata> extends AbstractEventSource<Void, P> {

  public Nudges(String name) {
    super(Void.class, name);
  }

  public void of(HasMetadata object) {
    nudge(ResourceID.fromResource(object));
  }

  public void of(String name) {
    nudge(new ResourceID(name));
  }

  private void nudge(ResourceID id) {
    // Before the controller runs there is nobody to tell, and at its start it looks at everything.
    if (isRunning()) {
      getEventHandler().handleEvent(new Event(id));
    }
  }

  @Override
  public Set<Void> getSecondaryResources(P primary) {
    return Set.of();
  }
}
