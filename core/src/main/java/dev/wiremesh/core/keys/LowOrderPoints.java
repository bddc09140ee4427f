package dev.wiremesh.core.keys;

import java.util.Set;

/**
 * The public keys whose order on Curve25519 divides eight, in all their encodings. Every secret
 * that is agreed on with one of them is zero, so that any observer can compute it.
 */
public final class LowOrderPoints {
  private static final Set<String> ENCODINGS =
      Set.of(
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA=",
          "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
          "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA=",
          "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=",
          "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuIA=",
          "X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc=",
          "X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEdc=",
          "7P///////////////////////////////////////38=",
          "7P////////////////////////////////////////8=",
          "7f///////////////////////////////////////38=",
          "7f////////////////////////////////////////8=",
          "7v///////////////////////////////////////38=",
          "7v////////////////////////////////////////8=");

  private LowOrderPoints() {}

  public static boolean contain(PublicKey key) {
    return ENCODINGS.contains(key.toString());
  }
}
