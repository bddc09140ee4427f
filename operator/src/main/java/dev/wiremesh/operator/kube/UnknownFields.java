package dev.wiremesh.operator.kube;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.json.MeshObject;
import java.util.List;

/** Mention of fields without effect in an object's condition Accepted. */
public final class UnknownFields {
  private UnknownFields() {}

  /** The drafts; where the object is accepted, the sentence names the fields that are unknown. */
  public static List<ConditionDraft> mentioned(List<ConditionDraft> drafts, MeshObject object) {
    var problems = object.readProblems();
    return problems.unknownFields().isEmpty()
        ? drafts
        : drafts.stream().map(draft -> mentioned(draft, problems.unknownSentence())).toList();
  }

  private static ConditionDraft mentioned(ConditionDraft draft, String sentence) {
    return draft.type() == ConditionType.ACCEPTED && draft.isTrue()
        ? ConditionDraft.of(draft.reason(), draft.message() + " " + sentence)
        : draft;
  }

  /** Accepted and Ready of an object that is left out. */
  public static List<ConditionDraft> leftOut(ConditionDraft accepted) {
    return List.of(accepted, accepted.as(ConditionType.READY));
  }
}
