import { t } from "../i18n";
import { duration } from "../i18n/time";
import { explainReason } from "../state/notices";
import type { CameraTestResult } from "../wire.gen";
import { type Fact, Facts } from "./basics";
import { codecName, fpsInWords, sizeInWords } from "./camera-words";
import { Glyph } from "./icons";

/** What came of trying an address: the first picture and what the camera sends, or what is wrong and what to do. */
export function TestResult({ testing, result }: { testing: boolean; result: CameraTestResult | null }) {
  if (!result) {
    return (
      <div class={`stage large preview ${testing ? "testing" : ""}`}>
        <p class="stage-note">{testing ? t("add.testing") : t("add.test.empty")}</p>
      </div>
    );
  }
  if (!result.ok) {
    return (
      <div class="test-bad">
        <h2>
          <Glyph name="close" size={18} />
          {t("add.test.bad")}
        </h2>
        <p>{explainReason(result.reason, result.message, result.remedy)}</p>
      </div>
    );
  }
  const facts: Fact[] = [
    [t("add.test.video"), [codecName(result.codec), fpsInWords(result.fps)].filter(Boolean).join(", ")],
    [t("add.test.size"), sizeInWords(result)],
    [t("add.test.live"), t(result.passthrough ? "page.camera.health.passthrough" : "page.camera.health.reencoded")],
    [t("add.test.first"), result.first_frame_s === null ? "" : duration(result.first_frame_s * 1000)],
    [
      t("add.test.audio"),
      result.audio_codec ? t("add.test.audio.ignored", { codec: codecName(result.audio_codec) }) : "",
    ],
  ];
  return (
    <>
      <div class="stage large preview">
        {result.picture && <img src={result.picture} alt={t("add.test.picture")} />}
      </div>
      <h2 class="test-ok">
        <Glyph name="check" size={18} />
        {t("add.test.ok")}
      </h2>
      <Facts facts={facts.filter(([, value]) => value)} />
    </>
  );
}
