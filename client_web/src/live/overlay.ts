import { percent, t } from "../i18n";
import type { FacesMessage, MaskLabel } from "../wire.gen";
import { contain, onStage, placeLabel, type Rect, type Size } from "./geometry";
import { LABELS, shown } from "./words";

/** Over a picture nobody can choose the colours for: light on near-black, the same in both themes. */
const COLOR: Record<MaskLabel, string> = {
  mask: "#4ade9b",
  no_mask: "#ff7a6b",
  incorrect: "#fbbf4b",
  unknown: "#c3cad4",
};
/** Words that would hide more than this share of themselves behind others give way to the label's shape alone. */
const CROWDED = 0.12;
const INK = "rgba(8, 10, 13, 0.86)";

/** Draws the people of one look on the canvas that lies over the picture. */
export class Overlay {
  private readonly context: CanvasRenderingContext2D;
  private size: Size = { width: 0, height: 0 };
  private ratio = 1;
  private drawn: { look: FacesMessage | null; picture: Size } = { look: null, picture: { width: 0, height: 0 } };
  private readonly watcher: ResizeObserver;

  constructor(private readonly canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no 2d canvas");
    this.context = context;
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(canvas);
  }

  /** Show `look` over a picture of the given size. Does nothing when that is what is there already. */
  draw(look: FacesMessage | null, picture: Size): void {
    const before = this.drawn;
    const same =
      look === before.look && picture.width === before.picture.width && picture.height === before.picture.height;
    if (same) return;
    this.drawn = { look, picture: { ...picture } };
    this.paint();
  }

  close(): void {
    this.watcher.disconnect();
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    this.ratio = window.devicePixelRatio || 1;
    this.size = { width: clientWidth, height: clientHeight };
    this.canvas.width = Math.round(clientWidth * this.ratio);
    this.canvas.height = Math.round(clientHeight * this.ratio);
    this.paint();
  }

  private paint(): void {
    const { look, picture } = this.drawn;
    const { context, size } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    // For tests and the curious: which picture the boxes were found in, and how many there are.
    this.canvas.dataset.sequence = look ? String(look.sequence) : "";
    this.canvas.dataset.people = String(look?.people.length ?? 0);
    if (!look || !size.width) return;
    const area = contain(picture.width ? picture : look, size);
    const faces = look.people.map((person) => onStage(person.box, area));
    const taken: Rect[] = [...faces];
    // Where there isn't room for all words, those about the worst come first.
    const order = [...look.people.keys()].sort((a, b) => this.rank(look, a) - this.rank(look, b));
    for (const i of order) {
      const [face, person] = [faces[i], look.people[i]];
      if (!face || !person) continue;
      const { label, confidence, settled } = shown(person);
      const outside = !person.watched;
      this.context.globalAlpha = outside ? 0.65 : 1;
      this.box(face, outside ? COLOR.unknown : COLOR[label], settled && !outside);
      const words =
        settled || label === "unknown" ? t(`label.${label}`) : t("label.guess", { label: t(`label.${label}`) });
      const said = label === "unknown" ? words : `${words} ${percent(confidence)}`;
      const text = outside ? t("label.outside", { label: words }) : said;
      const place = this.label(face, text, label, taken) ?? this.label(face, "", label, taken);
      if (place) taken.push(place);
    }
    this.context.globalAlpha = 1;
  }

  private rank(look: FacesMessage, i: number): number {
    const person = look.people[i];
    return person ? LABELS.indexOf(shown(person).label) : 0;
  }

  private box(face: Rect, color: string, settled: boolean): void {
    const { context } = this;
    context.setLineDash(settled ? [] : [5, 4]);
    for (const [width, style] of [
      [4, INK],
      [2, color],
    ] as const) {
      context.lineWidth = width;
      context.strokeStyle = style;
      context.beginPath();
      context.roundRect(face.x, face.y, face.width, face.height, 3);
      context.stroke();
    }
    context.setLineDash([]);
  }

  /** Draws shape and words (the shape alone without `text`); null where there is no room. */
  private label(face: Rect, text: string, label: MaskLabel, taken: readonly Rect[]): Rect | null {
    const { context, size } = this;
    const font = size.width < 420 ? 11 : size.width < 800 ? 12 : 14;
    context.font = `600 ${font}px system-ui, sans-serif`;
    const height = font + 7;
    const width = text ? Math.ceil(context.measureText(text).width) + height + 5 : height;
    const others = taken.filter((other) => other !== face);
    const place = placeLabel(face, { width, height }, size, others, text ? CROWDED : 1);
    if (!place) return null;
    context.fillStyle = INK;
    context.beginPath();
    context.roundRect(place.x, place.y, place.width, place.height, 3);
    context.fill();
    this.shape(label, place.x + height / 2, place.y + height / 2, font * 0.42);
    context.fillStyle = "#fff";
    context.textBaseline = "middle";
    context.fillText(text, place.x + height - 1, place.y + height / 2 + 0.5);
    return place;
  }

  /** The label's shape, so that colour alone never carries it: disc, triangle, half-filled diamond, ring. */
  private shape(label: MaskLabel, x: number, y: number, r: number): void {
    const { context } = this;
    context.fillStyle = COLOR[label];
    context.strokeStyle = COLOR[label];
    context.lineWidth = 1.5;
    context.beginPath();
    if (label === "mask") {
      context.arc(x, y, r, 0, Math.PI * 2);
      context.fill();
    } else if (label === "no_mask") {
      context.moveTo(x, y - r * 1.1);
      context.lineTo(x + r * 1.15, y + r);
      context.lineTo(x - r * 1.15, y + r);
      context.closePath();
      context.fill();
    } else if (label === "incorrect") {
      context.moveTo(x, y - r * 1.2);
      context.lineTo(x + r * 1.2, y);
      context.lineTo(x, y + r * 1.2);
      context.lineTo(x - r * 1.2, y);
      context.closePath();
      context.stroke();
      context.beginPath();
      context.moveTo(x - r * 1.2, y);
      context.lineTo(x + r * 1.2, y);
      context.lineTo(x, y + r * 1.2);
      context.closePath();
      context.fill();
    } else {
      context.setLineDash([2, 2]);
      context.arc(x, y, r * 0.9, 0, Math.PI * 2);
      context.stroke();
      context.setLineDash([]);
    }
  }
}
