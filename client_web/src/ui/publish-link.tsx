import { useState } from "preact/hooks";
import { t } from "../i18n";
import { api } from "../state/api";
import { tellError } from "../state/notices";
import type { Camera } from "../wire.gen";
import { Button } from "./basics";
import { StateShape } from "./icons";
import { phoneTrouble } from "./phone-trouble";

/** The link and QR code that turn a phone or laptop into `camera`, and whether its picture has arrived. */
export function PublishLink({ camera }: { camera: Camera }) {
  const [copied, setCopied] = useState(false);
  const link = new URL(camera.publish_url ?? `/publish/${camera.name}`, window.location.href);
  const here = new URL(link.pathname + link.search, window.location.href);
  const trouble = phoneTrouble();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link.href);
      setCopied(true);
    } catch (error) {
      tellError(error);
    }
  };
  return (
    <div class="publish-link">
      <div class="qr">
        <img src={api.qrCode(camera.name)} alt={t("add.phone.qr")} width={196} height={196} />
      </div>
      <div class="publish-link-text">
        <p>{t("add.phone.ready")}</p>
        <input
          class="link-text"
          readOnly
          value={link.href}
          aria-label={t("add.phone.link")}
          onFocus={(event) => event.currentTarget.select()}
        />
        <div class="actions">
          {window.isSecureContext && (
            <Button icon="copy" onClick={copy}>
              {copied ? t("action.copied") : t("action.copy")}
            </Button>
          )}
          <a class="button" href={here.href}>
            {t("add.phone.here")}
          </a>
        </div>
        <p class="hint">{t("add.phone.secret")}</p>
        {trouble && <p class="warning">{trouble}</p>}
        <p role="status" class={`publish-link-state state-${camera.state}`}>
          <StateShape state={camera.state === "online" ? "online" : "connecting"} size={13} />
          {camera.state === "online" ? t("add.phone.arrived") : t("add.phone.waiting")}
        </p>
      </div>
    </div>
  );
}
