import type { Camera } from "../wire.gen";

export const PRIORITIES = ["low", "normal", "high"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** How a camera's pictures are looked at: what a form offers of its options. */
export interface Looking {
  priority: Priority;
  motion_gate: boolean;
  /** Whether parts with small faces are looked at closer. */
  detail: boolean;
  /** Whether people are known again by their faces, where the server does that at all. */
  identity: boolean;
  /** Path of the small stream of an RTSP camera; empty without. */
  sub_url: string;
}

type Options = Camera["options"];

/** Read off a camera's options; what is left out, or not known here, is as the server takes it without. */
export function lookingOf(options: Options): Looking {
  const { priority, motion_gate, detail, identity, sub_url } = options;
  return {
    priority: PRIORITIES.find((one) => one === priority) ?? "normal",
    motion_gate: motion_gate === true,
    detail: detail !== "off",
    identity: identity !== false,
    sub_url: typeof sub_url === "string" ? sub_url : "",
  };
}

/** `options` with `looking` in them: what is as it is by itself is left out, what a form doesn't offer stays. */
export function withLooking(options: Options, looking: Looking): Options {
  const { priority: _p, motion_gate: _m, detail: _d, identity: _i, sub_url: _s, ...others } = options;
  const sub_url = looking.sub_url.trim();
  return {
    ...others,
    ...(looking.priority !== "normal" && { priority: looking.priority }),
    ...(looking.motion_gate && { motion_gate: true }),
    ...(!looking.detail && { detail: "off" }),
    ...(!looking.identity && { identity: false }),
    ...(sub_url && { sub_url }),
  };
}

/** Whether a camera at this address can have its small stream named: `onvif:` finds it by itself. */
export function takesSubStream(address: string): boolean {
  return /^rtsps?:/i.test(address.trim());
}
