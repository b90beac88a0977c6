/** A rectangle in CSS pixels. */
export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Where a picture lies inside a stage that shows all of it (`object-fit: contain`). */
export function contain(picture: Size, stage: Size): Rect {
  if (!picture.width || !picture.height) return { x: 0, y: 0, ...stage };
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height);
  const width = picture.width * scale;
  const height = picture.height * scale;
  return { x: (stage.width - width) / 2, y: (stage.height - height) / 2, width, height };
}

/** A box given as shares of the picture, on the stage. */
export function onStage(box: readonly [number, number, number, number], picture: Rect): Rect {
  const [x1, y1, x2, y2] = box;
  return {
    x: picture.x + x1 * picture.width,
    y: picture.y + y1 * picture.height,
    width: (x2 - x1) * picture.width,
    height: (y2 - y1) * picture.height,
  };
}

export function overlap(a: Rect, b: Rect): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

/**
 * Where the label of `face` goes: above, below or beside it, inside the stage, never on the face itself, and on as
 * little of `others` (faces and labels already there) as can be, at most on the share `most` of itself. Null when there
 * is no such place.
 */
export function placeLabel(face: Rect, label: Size, stage: Size, others: readonly Rect[], most = 1): Rect | null {
  const gap = 3;
  const clampX = (x: number) => Math.max(0, Math.min(x, stage.width - label.width));
  const clampY = (y: number) => Math.max(0, Math.min(y, stage.height - label.height));
  const left = clampX(face.x);
  const right = clampX(face.x + face.width - label.width);
  const above = face.y - label.height - gap;
  const below = face.y + face.height + gap;
  const places: Rect[] = [
    { x: left, y: above, ...label },
    { x: right, y: above, ...label },
    { x: left, y: below, ...label },
    { x: right, y: below, ...label },
    { x: face.x + face.width + gap, y: clampY(face.y), ...label },
    { x: face.x - label.width - gap, y: clampY(face.y), ...label },
  ];
  let best: Rect | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const place of places) {
    const inside =
      place.x >= 0 && place.y >= 0 && place.x + label.width <= stage.width && place.y + label.height <= stage.height;
    if (!inside || overlap(place, face) > 0) continue;
    const covered = others.reduce((sum, other) => sum + overlap(place, other), 0);
    if (covered < least) [best, least] = [place, covered];
  }
  return least <= most * label.width * label.height ? best : null;
}
