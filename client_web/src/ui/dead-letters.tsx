import { useEffect, useState } from "preact/hooks";
import { counted, t, tryKey } from "../i18n";
import { api } from "../state/api";
import { tell, tellError } from "../state/notices";
import type { DeadLetter } from "../wire.gen";
import { Button } from "./basics";
import { Ago } from "./time";

/** Notices that were given up: why, and what can be done with them. */
export function DeadLetterList({ name, count, onChange }: { name: string; count: number; onChange: () => void }) {
  const [letters, setLetters] = useState<DeadLetter[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new count means another list
  useEffect(() => {
    api.deadLetters(name).then((page) => setLetters(page.letters), tellError);
  }, [name, count]);
  const act = async (what: "resend" | "drop", eventId?: number) => {
    try {
      const { count: done } = await api.handleDeadLetters(name, what, eventId);
      tell(counted(`notifier.dead.${what}`, done));
    } catch (error) {
      tellError(error);
    }
    onChange();
  };
  return (
    <>
      <div class="actions">
        <Button onClick={() => act("resend")}>{t("notifier.dead.resendAll")}</Button>
        <Button kind="quiet" onClick={() => act("drop")}>
          {t("notifier.dead.dropAll")}
        </Button>
      </div>
      <ul class="dead-letters">
        {letters.map((letter) => (
          <li key={letter.event_id}>
            <p>
              <a href={`/alerts/${letter.alert_id}`}>
                {tryKey(`kind.${letter.kind}`) ?? letter.kind}, {letter.camera}
              </a>{" "}
              <span class="quiet">
                {tryKey(`notifier.action.${letter.action}`) ?? letter.action}, <Ago at={letter.at} />
              </span>
            </p>
            <p class="hint">{letter.error}</p>
            <div class="actions">
              <Button onClick={() => act("resend", letter.event_id)}>{t("notifier.dead.resendOne")}</Button>
              <Button kind="quiet" onClick={() => act("drop", letter.event_id)}>
                {t("notifier.dead.dropOne")}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
