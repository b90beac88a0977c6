import type { JSX } from "preact";
import type { CameraState, MaskLabel } from "../wire.gen";

/** Icons on a grid of 16; they take the colour and size of the text beside them and say nothing themselves. */
export function Icon({ children, size = 16 }: { children: JSX.Element | JSX.Element[]; size?: number }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

const PATHS = {
  live: <path d="M2 4.5h8.5v7H2zM10.5 7l3.5-2v6l-3.5-2" />,
  alerts: (
    <path d="M8 2a3.8 3.8 0 0 0-3.8 3.8c0 3.6-1.4 4.7-1.4 4.7h10.4s-1.4-1.1-1.4-4.7A3.8 3.8 0 0 0 8 2zM6.7 13a1.4 1.4 0 0 0 2.6 0" />
  ),
  add: <path d="M8 3v10M3 8h10" />,
  settings: (
    <path d="M2.5 4.5h6M12 4.5h1.5M2.5 11.5H4M7.5 11.5h6M8.5 3v3M12 3v3M4 10v3M7.5 10v3M8.5 3a1.6 1.6 0 0 1 3.5 0v3a1.6 1.6 0 0 1-3.5 0zM4 10a1.6 1.6 0 0 1 3.5 0v3A1.6 1.6 0 0 1 4 13z" />
  ),
  check: <path d="M3 8.5l3.2 3.2L13 5" />,
  close: <path d="M4 4l8 8M12 4l-8 8" />,
  back: <path d="M9.5 3.5L5 8l4.5 4.5" />,
  chevron: <path d="M6.5 3.5L11 8l-4.5 4.5" />,
  up: <path d="M8 13V3.5M4 7.5l4-4 4 4" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  play: <path d="M5 3.2v9.6L12.8 8z" />,
  trash: <path d="M3 4.5h10M6.5 4.5V3h3v1.5M4.3 4.5l.6 8.5h6.2l.6-8.5" />,
  retry: <path d="M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.6h-2.6" />,
  sound: <path d="M2.5 6.3h2.3L8 3.5v9L4.8 9.7H2.5zM10.5 6a3 3 0 0 1 0 4M12.4 4.3a5.4 5.4 0 0 1 0 7.4" />,
  muted: <path d="M2.5 6.3h2.3L8 3.5v9L4.8 9.7H2.5zM10.7 6.4l3.2 3.2M13.9 6.4l-3.2 3.2" />,
  phone: <path d="M5 1.8h6a.8.8 0 0 1 .8.8v10.8a.8.8 0 0 1-.8.8H5a.8.8 0 0 1-.8-.8V2.6a.8.8 0 0 1 .8-.8zM7.2 12h1.6" />,
  link: (
    <path d="M6.8 9.2a2.4 2.4 0 0 0 3.4 0l2.1-2.1a2.4 2.4 0 0 0-3.4-3.4l-.8.8M9.2 6.8a2.4 2.4 0 0 0-3.4 0L3.7 8.9a2.4 2.4 0 0 0 3.4 3.4l.8-.8" />
  ),
  copy: <path d="M5.5 5.5V3h7.5v7.5h-2.5M3 5.5h7.5V13H3z" />,
  eye: (
    <path d="M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6z" />
  ),
  clock: <path d="M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2zM8 5v3.2l2.1 1.3" />,
  swap: <path d="M3 5.5h9L9.8 3.3M13 10.5H4l2.2 2.2" />,
  search: <path d="M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.4 10.4l3.4 3.4" />,
  plug: <path d="M6 2v3M10 2v3M4.2 5h7.6v2.6a3.8 3.8 0 0 1-7.6 0zM8 11.4V14" />,
  keys: <path d="M2 4.5h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M12 7h.01M5.5 9.3h5" />,
} satisfies Record<string, JSX.Element>;

export type IconName = keyof typeof PATHS;

export function Glyph({ name, size }: { name: IconName; size?: number }) {
  return <Icon {...(size ? { size } : {})}>{PATHS[name]}</Icon>;
}

/** The shapes of the four labels; `live/overlay.ts` draws the same ones over the picture. */
export function LabelShape({ label, size = 12 }: { label: MaskLabel; size?: number }) {
  const shape = {
    mask: <circle cx="8" cy="8" r="6" fill="currentColor" stroke="none" />,
    no_mask: <path d="M8 1.8L15 14H1z" fill="currentColor" stroke="none" />,
    incorrect: (
      <g>
        <path d="M8 1.5L14.5 8 8 14.5 1.5 8z" />
        <path d="M1.5 8h13L8 14.5z" fill="currentColor" stroke="none" />
      </g>
    ),
    unknown: <circle cx="8" cy="8" r="5.6" stroke-dasharray="3 2.9" />,
  }[label];
  return (
    <span class={`shape label-${label}`}>
      <Icon size={size}>{shape}</Icon>
    </span>
  );
}

/** One shape for each state of a camera: full disc, open ring, hourglass, slashed ring, wrench-like mark, two bars. */
export function StateShape({ state, size = 12 }: { state: CameraState | "unsure"; size?: number }) {
  const shape = {
    online: <circle cx="8" cy="8" r="5.5" fill="currentColor" stroke="none" />,
    connecting: <path d="M8 2.5A5.5 5.5 0 1 1 2.5 8" class="spins" />,
    stalled: (
      <path d="M4 2.5h8M4 13.5h8M4.8 2.5c0 3 3.2 4 3.2 5.5s-3.2 2.5-3.2 5.500M11.2 2.500c0 3-3.2 4-3.2 5.500s3.2 2.5 3.2 5.5" />
    ),
    offline: <path d="M8 2.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM4.1 4.100l7.8 7.8" />,
    misconfigured: <path d="M8 2L15 14H1zM8 6.500v3.500M8 12v.01" />,
    disabled: <path d="M5.5 3v10M10.5 3v10" stroke-width="2.6" />,
    unsure: <path d="M8 2.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11z" stroke-dasharray="2.5 2.5" />,
  }[state];
  return (
    <span class={`shape state-${state}`}>
      <Icon size={size}>{shape}</Icon>
    </span>
  );
}

/** The mark: a face's lower half behind a mask, in a frame as the cameras draw it. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg class="mark" viewBox="0 0 24 24" width={size} height={size} fill="none" aria-hidden="true" focusable="false">
      <path
        d="M3 8V5a2 2 0 0 1 2-2h3M16 3h3a2 2 0 0 1 2 2v3M21 16v3a2 2 0 0 1-2 2h-3M8 21H5a2 2 0 0 1-2-2v-3"
        stroke="currentColor"
        stroke-width="1.8"
        stroke-linecap="round"
      />
      <path
        d="M6.5 10.200c1.8-.2 3.8-1.2 5.5-1.200s3.7 1 5.5 1.200c0 4.3-1.8 7.3-5.5 7.300s-5.5-3-5.5-7.300z"
        fill="currentColor"
      />
      <path d="M9.3 12h5.400M9.8 14.300h4.4" stroke="var(--bg)" stroke-width="1.2" stroke-linecap="round" />
    </svg>
  );
}
