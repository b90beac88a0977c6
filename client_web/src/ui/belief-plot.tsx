import { number, percent, t } from "../i18n";
import type { Alert } from "../wire.gen";
import type { Evidence, SeenLook } from "./evidence";

const WIDTH = 480;
const HEIGHT = 150;
const LEFT = 48;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 26;

/** How belief grew with each look until the alert: a picture first, and the same as a table for who wants to read. */
export function BeliefPlot({ alert, evidence }: { alert: Alert; evidence: Evidence }) {
  const { trail, enter, violationS } = evidence;
  const first = trail[0];
  const last = trail.at(-1);
  if (!first || !last || trail.length < 2) return null;
  const kind = alert.kind === "incorrect" ? "incorrect" : "no_mask";
  const span = Math.max(0.5, -first.atS);
  const x = (atS: number) => LEFT + ((atS + span) / span) * (WIDTH - LEFT - RIGHT);
  const y = (share: number) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  const line = (label: "mask" | "no_mask" | "incorrect") =>
    trail.map((look) => `${x(look.atS).toFixed(1)},${y(look.belief[label] ?? 0).toFixed(1)}`).join(" ");
  const since = violationS === null ? null : Math.max(-span, -violationS);
  const said = t("alert.plot.said", {
    label: t(`label.${kind}`),
    from: percent(first.belief[kind] ?? 0),
    to: percent(last.belief[kind] ?? 0),
    seconds: number(span, 1),
    looks: trail.length,
  });
  return (
    <figure class="belief-plot">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={said}>
        {since !== null && <rect class="lasting" x={x(since)} y={TOP} width={x(0) - x(since)} height={y(0) - TOP} />}
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line class="grid-line" x1={LEFT} x2={WIDTH - RIGHT} y1={y(share)} y2={y(share)} />
            <text class="tick" x={LEFT - 6} y={y(share) + 4} text-anchor="end">
              {percent(share)}
            </text>
          </g>
        ))}
        {enter !== null && <line class="threshold" x1={LEFT} x2={WIDTH - RIGHT} y1={y(enter)} y2={y(enter)} />}
        <polyline class="belief label-mask" points={line("mask")} stroke-dasharray="5 4" />
        <polyline class={`belief label-${kind}`} points={line(kind)} />
        {trail.map((look) => (
          <Mark key={look.atS} look={look} x={x(look.atS)} y={y(look.belief[kind] ?? 0)} />
        ))}
        <text class="tick" x={LEFT} y={HEIGHT - 6}>
          {t("alert.plot.before", { seconds: number(span, 1) })}
        </text>
        <text class="tick" x={WIDTH - RIGHT} y={HEIGHT - 6} text-anchor="end">
          {t("alert.plot.raised")}
        </text>
      </svg>
      <figcaption>
        <Key line={`label-${kind}`} text={t("alert.plot.belief", { label: t(`label.${kind}`) })} />
        <Key line="label-mask" dashed text={t("alert.plot.belief", { label: t("label.mask") })} />
        {enter !== null && (
          <Key line="label-unknown" dashed text={t("alert.plot.needed", { percent: percent(enter) })} />
        )}
      </figcaption>
      <LooksTable trail={trail} kind={kind} />
    </figure>
  );
}

/** One look: shaped by what it said, filled as far as it was trusted. */
function Mark({ look, x, y }: { look: SeenLook; x: number; y: number }) {
  const props = { class: `look-mark label-${look.label}`, "fill-opacity": Math.max(0.15, look.weight) };
  if (look.label === "mask") return <circle {...props} cx={x} cy={y} r={3.5} />;
  if (look.label === "unknown") return <circle {...props} cx={x} cy={y} r={3} fill-opacity={0} />;
  if (look.label === "incorrect") return <rect {...props} x={x - 3.2} y={y - 3.2} width={6.4} height={6.4} />;
  return <polygon {...props} points={`${x},${y - 4.4} ${x + 4.2},${y + 3.2} ${x - 4.2},${y + 3.2}`} />;
}

function Key({ line, text, dashed = false }: { line: string; text: string; dashed?: boolean }) {
  return (
    <span class="key">
      <svg class={line} width="22" height="8" aria-hidden="true">
        <line
          x1="0"
          x2="22"
          y1="4"
          y2="4"
          stroke="currentColor"
          stroke-width="2"
          stroke-dasharray={dashed ? "5 4" : ""}
        />
      </svg>
      {text}
    </span>
  );
}

function LooksTable({ trail, kind }: { trail: readonly SeenLook[]; kind: "no_mask" | "incorrect" }) {
  return (
    <details>
      <summary>{t("alert.plot.table")}</summary>
      <div class="looks-table">
        <table>
          <thead>
            <tr>
              <th scope="col">{t("alert.plot.at")}</th>
              <th scope="col">{t("alert.plot.verdict")}</th>
              <th scope="col">{t("alert.plot.weight")}</th>
              <th scope="col">{t("alert.plot.belief", { label: t(`label.${kind}`) })}</th>
            </tr>
          </thead>
          <tbody>
            {trail.toReversed().map((look) => (
              <tr key={look.atS}>
                <td class="num">{t("alert.plot.seconds", { seconds: number(look.atS, 1) })}</td>
                <td>
                  {t(`label.${look.label}`)} {look.label !== "unknown" && percent(look.probabilities[look.label] ?? 0)}
                </td>
                <td class="num">{percent(look.weight)}</td>
                <td class="num">{percent(look.belief[kind] ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
