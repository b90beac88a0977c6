import { t, tryKey } from "../i18n";
import type { NotifierTestResult } from "../wire.gen";

export function typeName(type: string): string {
  return tryKey(`notifier.type.${type}`) ?? type;
}

/** What came of a test. */
export function TestSays({ result }: { result: NotifierTestResult }) {
  return (
    <p class={result.ok ? "test-good" : "error"} role="status">
      {result.ok ? t("notifier.test.good") : t("notifier.test.bad")} {result.message} {result.remedy}
    </p>
  );
}
