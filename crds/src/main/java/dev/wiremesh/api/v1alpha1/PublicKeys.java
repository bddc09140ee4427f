package dev.wiremesh.api.v1alpha1;

/**
 * CEL rule against public keys of low order. With them every secret that is agreed on is zero, so
 * that any observer can compute it. The list has all encodings of the points whose order divides
 * eight.
 */
final class PublicKeys {
  static final String SOUND =
      "!(self in ["
          + "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', "
          + "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA=', "
          + "'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', "
          + "'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA=', "
          + "'4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=', "
          + "'4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuIA=', "
          + "'X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc=', "
          + "'X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEdc=', "
          + "'7P///////////////////////////////////////38=', "
          + "'7P////////////////////////////////////////8=', "
          + "'7f///////////////////////////////////////38=', "
          + "'7f////////////////////////////////////////8=', "
          + "'7v///////////////////////////////////////38=', "
          + "'7v////////////////////////////////////////8='"
          + "])";

  static final String MESSAGE =
      "this is no key of a peer (all zeros, or another point of low order): write the 44 characters that 'wg pubkey' prints";

  private PublicKeys() {}
}
