package dev.wiremesh.cli.qr;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.zxing.BinaryBitmap;
import com.google.zxing.DecodeHintType;
import com.google.zxing.LuminanceSource;
import com.google.zxing.RGBLuminanceSource;
import com.google.zxing.ReaderException;
import com.google.zxing.common.HybridBinarizer;
import com.google.zxing.qrcode.QRCodeReader;
import dev.wiremesh.cli.Corpus;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import dev.wiremesh.core.wgquick.WgQuickText;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** QR codes are read by another implementation (ZXing), as a phone reads them. */
class QrTest {
  private static final int BLACK = 0xff000000;
  private static final int WHITE = 0xffffffff;
  private static final int SCALE = 4;

  @TestFactory
  Stream<DynamicTest> codesOfEveryConfigurationContainIt() throws IOException {
    return Corpus.all().stream()
        .map(one -> DynamicTest.dynamicTest(one.name(), () -> check(one.configuration())));
  }

  private static void check(String configuration) throws IOException, ReaderException {
    var phone = PhoneConfiguration.of(WgQuickText.parse(configuration).config());
    var image = QrImage.of(phone.text());
    if (image.isEmpty()) {
      assertThat(phone.text().length()).isGreaterThan(QrImage.MOST_BYTES);
      return;
    }
    assertThat(decoded(pixels(PngQr.of(image.get())))).isEqualTo(phone.text());
    assertThat(decoded(pixels(TerminalQr.coloured(image.get()), false))).isEqualTo(phone.text());
    assertThat(decoded(pixels(TerminalQr.plain(image.get()), true))).isEqualTo(phone.text());
  }

  @Test
  void phoneGetsTheSameTunnelWithoutCommandsTableAndComments() {
    var config = WgQuickText.parse(Corpus.named("site-router").configuration()).config();
    var phone = PhoneConfiguration.of(config);
    assertThat(phone.text()).doesNotContain("#", "PostUp", "PostDown");
    assertThat(phone.leftOut()).containsExactly("PostUp", "PostDown");
    var read = WgQuickText.parse(phone.text()).config();
    assertThat(read.device().addresses()).isEqualTo(config.device().addresses());
    assertThat(read.device().privateKey()).isEqualTo(config.device().privateKey());
    assertThat(read.peers())
        .extracting(WgQuickConfig.Peer::allowedIps)
        .isEqualTo(config.peers().stream().map(WgQuickConfig.Peer::allowedIps).toList());
    assertThat(
            PhoneConfiguration.of(
                    WgQuickText.parse(Corpus.named("network-defaults").configuration()).config())
                .leftOut())
        .containsExactly("Table");
  }

  @Test
  void textOfExactlyTheCapacityHasACodeAndOneByteMoreHasNone() {
    assertThat(QrImage.of("a".repeat(QrImage.MOST_BYTES))).isPresent();
    assertThat(QrImage.of("a".repeat(QrImage.MOST_BYTES + 1))).isEmpty();
  }

  @Test
  void pictureOfTheCorpusThatIsTooLongIsAbsent() {
    var config = WgQuickText.parse(Corpus.named("full-tunnel-cut-ipv6").configuration()).config();
    assertThat(QrImage.of(PhoneConfiguration.of(config).text())).isEmpty();
  }

  private static String decoded(LuminanceSource source) throws ReaderException {
    return new QRCodeReader()
        .decode(
            new BinaryBitmap(new HybridBinarizer(source)),
            Map.of(DecodeHintType.PURE_BARCODE, true))
        .getText();
  }

  private static LuminanceSource pixels(byte[] png) throws IOException {
    BufferedImage image =
        Objects.requireNonNull(ImageIO.read(new ByteArrayInputStream(png)), "not a PNG");
    int side = image.getWidth();
    assertThat(image.getHeight()).isEqualTo(side);
    return new RGBLuminanceSource(side, side, image.getRGB(0, 0, side, side, null, 0, side));
  }

  /**
   * The picture of a terminal: two modules a character, the upper half of a block in the
   * foreground.
   *
   * @param lightOnDark whether the foreground is light
   */
  private static LuminanceSource pixels(String text, boolean lightOnDark) {
    var lines = text.replaceAll("\033\\[[0-9;]*m", "").lines().toList();
    int width = lines.getFirst().length() * SCALE;
    int height = 2 * lines.size() * SCALE;
    var pixels = new int[width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        char block = lines.get(y / SCALE / 2).charAt(x / SCALE);
        boolean upper = y / SCALE % 2 == 0;
        boolean foreground = block == '█' || block == (upper ? '▀' : '▄');
        pixels[y * width + x] = foreground != lightOnDark ? BLACK : WHITE;
      }
    }
    return new RGBLuminanceSource(width, height, pixels);
  }
}
