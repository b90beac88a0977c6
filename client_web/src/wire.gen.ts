// Made by scripts/wire.mjs from the server's models; don't edit.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Acknowledge
         * @description Who saw an alert.
         */
        Acknowledge: {
            /**
             * By
             * @default null
             */
            by?: string | null;
        };
        /**
         * Alert
         * @description An alert as the API shows it.
         */
        Alert: {
            /**
             * Acknowledged At
             * @default null
             */
            acknowledged_at: string | null;
            /**
             * Acknowledged By
             * @default null
             */
            acknowledged_by: string | null;
            /**
             * Before Url
             * @description The last picture from before it began (JPEG), if one is kept.
             * @default null
             */
            before_url: string | null;
            /** Camera */
            camera: string;
            /**
             * Clip Url
             * @description A short video (MP4), if one is kept; it comes some seconds after the alert.
             * @default null
             */
            clip_url: string | null;
            /** @default null */
            close_reason: components["schemas"]["CloseReason"] | null;
            /**
             * Closed At
             * @default null
             */
            closed_at: string | null;
            /**
             * Confidence
             * @description Probability of the label at the look that raised it; 1 for what is about no single person.
             */
            confidence: number;
            /**
             * Escalate At
             * @description When it is escalated if nobody acknowledges it; see the setting `alerts.escalate_after_s`.
             * @default null
             */
            escalate_at: string | null;
            /**
             * Escalated At
             * @default null
             */
            escalated_at: string | null;
            /**
             * Event Id
             * @description Id of the newest event of this alert: of two accounts of it, the one with the greater is the newer.
             */
            event_id: number;
            /**
             * Evidence
             * @description Why it was raised: looks, belief, quality, settings and model versions; or what was `measured`.
             */
            evidence: {
                [key: string]: unknown;
            };
            /**
             * Face Url
             * @description Picture of the face (JPEG), if one is kept.
             * @default null
             */
            face_url: string | null;
            /** @default null */
            feedback: components["schemas"]["Feedback"] | null;
            /**
             * Frame Url
             * @description The whole picture with boxes drawn in (JPEG), if one is kept.
             * @default null
             */
            frame_url: string | null;
            /** Id */
            id: string;
            kind: components["schemas"]["AlertKind"];
            /**
             * Raised At
             * Format: date-time
             */
            raised_at: string;
            severity: components["schemas"]["Severity"];
            /**
             * Snoozed By
             * @default null
             */
            snoozed_by: string | null;
            /**
             * Snoozed Until
             * @description When it is raised again, if it is still open then.
             * @default null
             */
            snoozed_until: string | null;
            state: components["schemas"]["AlertState"];
            /**
             * Track Id
             * @description The person; None for alerts about a camera, a crowd, or what was held back.
             * @default null
             */
            track_id: number | null;
        };
        /**
         * AlertConditions
         * @description Which alerts; what is left out does not narrow it. Several kinds or states: with commas between.
         */
        AlertConditions: {
            /**
             * Camera
             * @default null
             */
            camera?: string | null;
            /**
             * Escalated
             * @default null
             */
            escalated?: boolean | null;
            /**
             * @description `wrong` or `right`: marked as such; `none`: not marked.
             * @default null
             */
            feedback?: components["schemas"]["FeedbackFilter"] | null;
            /** Kind */
            kind?: components["schemas"]["AlertKind"][];
            /**
             * Min Confidence
             * @default null
             */
            min_confidence?: number | null;
            /** @default null */
            severity?: components["schemas"]["Severity"] | null;
            /**
             * Since
             * @description Raised at this time or later.
             * @default null
             */
            since?: string | null;
            /** State */
            state?: components["schemas"]["AlertState"][];
            /**
             * Until
             * @description Raised before this time.
             * @default null
             */
            until?: string | null;
        };
        /**
         * AlertExport
         * @description Query of an export of alerts.
         */
        AlertExport: {
            /**
             * Camera
             * @default null
             */
            camera?: string | null;
            /**
             * Escalated
             * @default null
             */
            escalated?: boolean | null;
            /**
             * @description `wrong` or `right`: marked as such; `none`: not marked.
             * @default null
             */
            feedback?: components["schemas"]["FeedbackFilter"] | null;
            /**
             * Format
             * @default csv
             * @enum {string}
             */
            format?: "csv" | "json";
            /** Kind */
            kind?: components["schemas"]["AlertKind"][];
            /**
             * Min Confidence
             * @default null
             */
            min_confidence?: number | null;
            /** @default null */
            severity?: components["schemas"]["Severity"] | null;
            /**
             * Since
             * @description Raised at this time or later.
             * @default null
             */
            since?: string | null;
            /** State */
            state?: components["schemas"]["AlertState"][];
            /**
             * Until
             * @description Raised before this time.
             * @default null
             */
            until?: string | null;
        };
        /**
         * AlertFilter
         * @description Query of the list of alerts.
         */
        AlertFilter: {
            /**
             * Camera
             * @default null
             */
            camera?: string | null;
            /**
             * Cursor
             * @description `next_cursor` of the page before.
             * @default null
             */
            cursor?: string | null;
            /**
             * Escalated
             * @default null
             */
            escalated?: boolean | null;
            /**
             * @description `wrong` or `right`: marked as such; `none`: not marked.
             * @default null
             */
            feedback?: components["schemas"]["FeedbackFilter"] | null;
            /** Kind */
            kind?: components["schemas"]["AlertKind"][];
            /**
             * Limit
             * @default 50
             */
            limit?: number;
            /**
             * Min Confidence
             * @default null
             */
            min_confidence?: number | null;
            /** @default null */
            severity?: components["schemas"]["Severity"] | null;
            /**
             * Since
             * @description Raised at this time or later.
             * @default null
             */
            since?: string | null;
            /** State */
            state?: components["schemas"]["AlertState"][];
            /**
             * Until
             * @description Raised before this time.
             * @default null
             */
            until?: string | null;
        };
        /**
         * AlertHistory
         * @description Everything that happened to an alert, oldest first.
         */
        AlertHistory: {
            /** Events */
            events: components["schemas"]["HistoryEntry"][];
        };
        /**
         * AlertKind
         * @description What an alert is about: a person, or a camera and what it sees as a whole.
         * @enum {string}
         */
        AlertKind: "no_mask" | "incorrect" | "crowd" | "camera_offline" | "camera_blind" | "held_back";
        /**
         * AlertMessage
         * @description Something happened to an alert.
         */
        AlertMessage: {
            /**
             * Action
             * @enum {string}
             */
            action: "raised" | "closed" | "acknowledged" | "snoozed" | "woken" | "escalated" | "marked" | "unmarked" | "clip" | "erased" | "updated" | "reminded";
            alert: components["schemas"]["Alert"];
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * By
             * @default null
             */
            by: string | null;
            /** Event Id */
            event_id: number;
            /**
             * Type
             * @default alert
             * @constant
             */
            type: "alert";
            /**
             * V
             * @default 1
             * @constant
             */
            v: 1;
        };
        /**
         * AlertPage
         * @description One page of alerts, newest first.
         */
        AlertPage: {
            /** Alerts */
            alerts: components["schemas"]["Alert"][];
            /**
             * Next Cursor
             * @default null
             */
            next_cursor: string | null;
        };
        /**
         * AlertRange
         * @description Which alerts to erase: at least one of `since` and `until` must be given.
         */
        AlertRange: {
            /**
             * Camera
             * @default null
             */
            camera?: string | null;
            /**
             * Since
             * @description Raised at this time or later.
             * @default null
             */
            since?: string | null;
            /**
             * Until
             * @description Raised before this time.
             * @default null
             */
            until?: string | null;
        };
        /**
         * AlertState
         * @description Where an alert is in its life.
         * @enum {string}
         */
        AlertState: "raised" | "acknowledged" | "snoozed" | "closed";
        /**
         * Alerting
         * @description Whether a camera may raise alerts now; it is watched all the same.
         */
        Alerting: {
            /**
             * Armed
             * @default true
             */
            armed: boolean;
            /**
             * Disarmed At
             * @default null
             */
            disarmed_at: string | null;
            /**
             * Disarmed By
             * @description Who disarmed it, where they gave a name.
             * @default null
             */
            disarmed_by: string | null;
            /**
             * @description Why not: `disarmed` by somebody, or outside of its `schedule`.
             * @default null
             */
            reason: components["schemas"]["PauseReason"] | null;
            /**
             * Until
             * @description When it may again; None with a reason: no end is known.
             * @default null
             */
            until: string | null;
        };
        /**
         * Camera
         * @description A camera as the API shows it.
         */
        Camera: {
            /**
             * @default {
             *       "armed": true,
             *       "disarmed_at": null,
             *       "disarmed_by": null,
             *       "reason": null,
             *       "until": null
             *     }
             */
            alerting: components["schemas"]["Alerting"];
            /**
             * Codec
             * @default null
             */
            codec: string | null;
            /** Detect Fps */
            detect_fps: number;
            /**
             * Detects On
             * @description Of a camera with two streams, the one faces are looked for in: `sub`, or `main` while the small one fails.
             * @default null
             */
            detects_on: string | null;
            /** Enabled */
            enabled: boolean;
            /**
             * Fixed
             * @description Set by the settings file: the page can't change it.
             */
            fixed: boolean;
            /**
             * Fps
             * @default null
             */
            fps: number | null;
            /**
             * @default {
             *       "decode_share": null,
             *       "frame_age_s": null,
             *       "frames_per_s": 0,
             *       "looks_per_s": 0,
             *       "reduced": false
             *     }
             */
            health: components["schemas"]["CameraHealth"];
            /**
             * Height
             * @default null
             */
            height: number | null;
            /**
             * Message
             * @description The state in one sentence for a person, with what to do.
             */
            message: string;
            /** Name */
            name: string;
            /**
             * Next Try At
             * @default null
             */
            next_try_at: string | null;
            /** Options */
            options: {
                [key: string]: unknown;
            };
            /**
             * Passthrough
             * @description Whether browsers get its video as it is (true) or re-encoded.
             * @default false
             */
            passthrough: boolean;
            /**
             * Publish Url
             * @description For `webrtc:` cameras: the page that turns a phone into this camera, with its token.
             * @default null
             */
            publish_url: string | null;
            /**
             * Reason
             * @description Stable code of why it is not online, such as `unauthorized`; see `SourceReason`.
             * @default null
             */
            reason: string | null;
            rules: components["schemas"]["RuleSettings"];
            /**
             * Since
             * Format: date-time
             * @description When this state began.
             */
            since: string;
            /**
             * Source
             * @description Type of its source: rtsp, http, onvif, file, device, webrtc.
             */
            source: string;
            state: components["schemas"]["CameraState"];
            /**
             * Url
             * @description Its address without user, password or token.
             */
            url: string;
            /**
             * Width
             * @default null
             */
            width: number | null;
        };
        /**
         * CameraChange
         * @description What to change of a camera; what is left out stays.
         */
        CameraChange: {
            /**
             * Detect Fps
             * @default null
             */
            detect_fps?: number | null;
            /**
             * Enabled
             * @default null
             */
            enabled?: boolean | null;
            /**
             * Options
             * @default null
             */
            options?: {
                [key: string]: unknown;
            } | null;
            /** @default null */
            rules?: components["schemas"]["RuleSettings"] | null;
            /**
             * Url
             * @default null
             */
            url?: string | null;
        };
        /**
         * CameraCreate
         * @description A camera to add.
         */
        CameraCreate: {
            /**
             * Detect Fps
             * @default 5
             */
            detect_fps?: number;
            /**
             * Enabled
             * @default true
             */
            enabled?: boolean;
            /** Name */
            name: string;
            /** Options */
            options?: {
                [key: string]: unknown;
            };
            /** @default null */
            rules?: components["schemas"]["RuleSettings"] | null;
            /**
             * Url
             * @description Its address; user and password in it are kept encrypted and never shown again.
             */
            url: string;
        };
        /**
         * CameraHealth
         * @description Figures of the last seconds of one camera.
         */
        CameraHealth: {
            /**
             * Decode Share
             * @description What decoding takes of one processor core; null where it is not known.
             * @default null
             */
            decode_share: number | null;
            /**
             * Frame Age S
             * @description From the newest picture's arrival to its verdicts, median of the last looks.
             * @default null
             */
            frame_age_s: number | null;
            /**
             * Frames Per S
             * @default 0
             */
            frames_per_s: number;
            /**
             * Looks Per S
             * @default 0
             */
            looks_per_s: number;
            /**
             * Reduced
             * @description Whether looks are being left out because the machine has not time for all that are due.
             * @default false
             */
            reduced: boolean;
        };
        /**
         * CameraMessage
         * @description A camera was added, changed, removed, or its state changed. The newest one counts.
         */
        CameraMessage: {
            /**
             * Action
             * @enum {string}
             */
            action: "added" | "changed" | "removed" | "state";
            camera: components["schemas"]["Camera"];
            /**
             * Type
             * @default camera
             * @constant
             */
            type: "camera";
            /**
             * V
             * @default 1
             * @constant
             */
            v: 1;
        };
        /**
         * CameraState
         * @description What a camera is doing.
         * @enum {string}
         */
        CameraState: "connecting" | "online" | "stalled" | "offline" | "misconfigured" | "disabled";
        /**
         * CameraStream
         * @description One stream of a camera.
         */
        CameraStream: {
            /**
             * Codec
             * @default null
             */
            codec: string | null;
            /**
             * Fps
             * @default null
             */
            fps: number | null;
            /**
             * Height
             * @default null
             */
            height: number | null;
            /**
             * Main
             * @description The one with the largest picture.
             */
            main: boolean;
            /**
             * Name
             * @description Of its media profile: goes into the option `profile` of an `onvif:` address.
             */
            name: string;
            /**
             * Sub
             * @description The small one, to look for faces in.
             */
            sub: boolean;
            /**
             * Url
             * @description Without user and password.
             */
            url: string;
            /**
             * Width
             * @default null
             */
            width: number | null;
        };
        /**
         * CameraStreams
         * @description What a camera says of itself.
         */
        CameraStreams: {
            /** Maker */
            maker: string;
            /** Model */
            model: string;
            /** Streams */
            streams: components["schemas"]["CameraStream"][];
        };
        /**
         * CameraTest
         * @description An address to try before it is saved.
         */
        CameraTest: {
            /** Options */
            options?: {
                [key: string]: unknown;
            };
            /** Url */
            url: string;
        };
        /**
         * CameraTestResult
         * @description What a camera sends, or why it does not work.
         */
        CameraTestResult: {
            /**
             * Audio Codec
             * @default null
             */
            audio_codec: string | null;
            /**
             * Codec
             * @default null
             */
            codec: string | null;
            /**
             * First Frame S
             * @description Seconds from opening to the first picture.
             * @default null
             */
            first_frame_s: number | null;
            /**
             * Fps
             * @default null
             */
            fps: number | null;
            /**
             * Height
             * @default null
             */
            height: number | null;
            /** Message */
            message: string;
            /** Ok */
            ok: boolean;
            /**
             * Passthrough
             * @default false
             */
            passthrough: boolean;
            /**
             * Picture
             * @description The first picture as a data URL (JPEG), longest side 640.
             * @default null
             */
            picture: string | null;
            /**
             * Reason
             * @default null
             */
            reason: string | null;
            /**
             * Remedy
             * @default
             */
            remedy: string;
            /**
             * Width
             * @default null
             */
            width: number | null;
        };
        /**
         * CloseReason
         * @description Why an alert was closed.
         * @enum {string}
         */
        CloseReason: "mask_on" | "left" | "camera_lost" | "server_restarted" | "repeated" | "recovered" | "settings_changed";
        /**
         * DeadLetter
         * @description A notice that was given up.
         */
        DeadLetter: {
            action: components["schemas"]["EventAction"];
            /** Alert Id */
            alert_id: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Attempts */
            attempts: number;
            /** Camera */
            camera: string;
            /**
             * Dead At
             * Format: date-time
             */
            dead_at: string;
            /** Error */
            error: string;
            /** Event Id */
            event_id: number;
            kind: components["schemas"]["AlertKind"];
        };
        /**
         * DeadLetterChoice
         * @description Which dead letter; all of the target when left out.
         */
        DeadLetterChoice: {
            /**
             * Event Id
             * @default null
             */
            event_id?: number | null;
        };
        /**
         * DeadLetterCount
         * @description How many dead letters it was done with.
         */
        DeadLetterCount: {
            /** Count */
            count: number;
        };
        /**
         * DeadLetterQuery
         * @description Query of dead letters.
         */
        DeadLetterQuery: {
            /**
             * After
             * @default 0
             */
            after?: number;
            /**
             * Limit
             * @default 50
             */
            limit?: number;
        };
        /**
         * DeadLetters
         * @description Some of a target's dead letters, oldest first.
         */
        DeadLetters: {
            /** Letters */
            letters: components["schemas"]["DeadLetter"][];
            /**
             * Next After
             * @description Ask with `after` set to it for those that follow.
             * @default null
             */
            next_after: number | null;
        };
        /**
         * DisarmRequest
         * @description For how long no alerts are to be raised.
         */
        DisarmRequest: {
            /**
             * By
             * @description Who wants it; without it, who is logged in.
             * @default null
             */
            by: string | null;
            /**
             * Minutes
             * @description From now on; a week at most.
             */
            minutes: number;
        };
        /**
         * Discovered
         * @description The cameras that answered, by address.
         */
        Discovered: {
            /** Cameras */
            cameras: components["schemas"]["DiscoveredCamera"][];
        };
        /**
         * DiscoveredCamera
         * @description A camera that answered.
         */
        DiscoveredCamera: {
            /** Host */
            host: string;
            /** Model */
            model: string;
            /**
             * Name
             * @description What it calls itself; may be empty.
             */
            name: string;
            /**
             * Port
             * @description Where it answers ONVIF.
             */
            port: number;
        };
        /**
         * Discovery
         * @description How to look for cameras on the local network.
         */
        Discovery: {
            /**
             * Search S
             * @description Seconds to wait for answers.
             * @default 3
             */
            search_s: number;
        };
        /**
         * Erased
         * @description How many alerts were erased, pictures and all.
         */
        Erased: {
            /** Count */
            count: number;
        };
        /**
         * ErrorMessage
         * @description What the client sent made no sense; the connection stays open.
         */
        ErrorMessage: {
            /** Code */
            code: string;
            /** Message */
            message: string;
            /**
             * Type
             * @default error
             * @constant
             */
            type: "error";
            /**
             * V
             * @default 1
             * @constant
             */
            v: 1;
        };
        /**
         * EventAction
         * @description What happened to an alert.
         * @enum {string}
         */
        EventAction: "raised" | "closed" | "acknowledged" | "snoozed" | "woken" | "escalated" | "marked" | "unmarked" | "clip" | "erased" | "updated" | "reminded";
        /**
         * FacesMessage
         * @description Everybody in view of one camera in one frame. Not kept, has no event id; the newest one counts.
         */
        FacesMessage: {
            /** Camera */
            camera: string;
            /**
             * Captured At
             * Format: date-time
             */
            captured_at: string;
            /** Height */
            height: number;
            /**
             * Media Ticks
             * @description 90 kHz time of this very frame in the live video; see the header `Maskwatch-Media-Origin` of the WHEP answer.
             * @default null
             */
            media_ticks: number | null;
            /** People */
            people: components["schemas"]["Person"][];
            /** Sequence */
            sequence: number;
            /**
             * Type
             * @default faces
             * @constant
             */
            type: "faces";
            /**
             * V
             * @default 1
             * @constant
             */
            v: 1;
            /** Width */
            width: number;
        };
        /**
         * Feedback
         * @description What somebody said of an alert.
         */
        Feedback: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * By
             * @default null
             */
            by: string | null;
            /**
             * @description What the face truly was, if they said so: mask, no_mask, incorrect, or not_a_face.
             * @default null
             */
            truth: components["schemas"]["Truth"] | null;
            /**
             * Wrong
             * @description Whether the alert is wrong; else it is right.
             */
            wrong: boolean;
        };
        /**
         * FeedbackFilter
         * @description Alerts by what people said of them.
         * @enum {string}
         */
        FeedbackFilter: "wrong" | "right" | "none";
        /**
         * FrameQuery
         * @description Query of a camera's newest picture.
         */
        FrameQuery: {
            /**
             * Width
             * @description Width in pixels that is enough; the picture may be somewhat wider.
             * @default null
             */
            width: number | null;
        };
        /**
         * Health
         * @description Answer of `/healthz`.
         */
        Health: {
            /**
             * Meaning
             * @default The process is alive and its event loop answers.
             */
            meaning: string;
            /**
             * Status
             * @default ok
             * @constant
             */
            status: "ok";
        };
        /**
         * HelloMessage
         * @description First message after connecting, and again as the answer to `subscribe`.
         */
        HelloMessage: {
            /** Cameras */
            cameras: components["schemas"]["Camera"][];
            /**
             * Last Event Id
             * @description Id of the newest event; resume from the last id you saw.
             */
            last_event_id: number;
            /** Open Alerts */
            open_alerts: number;
            /**
             * Resumed
             * @description Every event since `resume_from` follows. False after asking to resume: too long ago, load the alerts again.
             * @default false
             */
            resumed: boolean;
            /**
             * Server Time
             * Format: date-time
             */
            server_time: string;
            /** Server Version */
            server_version: string;
            /**
             * Type
             * @default hello
             * @constant
             */
            type: "hello";
            /**
             * V
             * @default 1
             * @constant
             */
            v: 1;
        };
        /**
         * HistoryEntry
         * @description One thing that happened to an alert, and how it stood then.
         */
        HistoryEntry: {
            /**
             * Action
             * @enum {string}
             */
            action: "raised" | "closed" | "acknowledged" | "snoozed" | "woken" | "escalated" | "marked" | "unmarked" | "clip" | "erased" | "updated" | "reminded";
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * By
             * @description Who did it, if somebody did whose name is known.
             * @default null
             */
            by: string | null;
            /** @default null */
            close_reason: components["schemas"]["CloseReason"] | null;
            /** Event Id */
            event_id: number;
            /** @default null */
            feedback: components["schemas"]["Feedback"] | null;
            /**
             * Snoozed Until
             * @default null
             */
            snoozed_until: string | null;
            state: components["schemas"]["AlertState"];
        };
        /**
         * IceServer
         * @description A STUN or TURN server, as WebRTC's RTCIceServer.
         */
        IceServer: {
            /**
             * Credential
             * @default null
             */
            credential: string | null;
            /** Urls */
            urls: string[];
            /**
             * Username
             * @default null
             */
            username: string | null;
        };
        /**
         * Info
         * @description What this server is. `service` is there for those who are logged in only.
         */
        Info: {
            /** Login Needed */
            login_needed: boolean;
            /**
             * Protocol
             * @description Version of the websocket's messages.
             * @default 1
             */
            protocol: number;
            /** @default null */
            service: components["schemas"]["ServiceInfo"] | null;
            /**
             * User
             * @default null
             */
            user: string | null;
            /** Version */
            version: string;
        };
        /**
         * Judgement
         * @description Whether an alert is right or wrong, and what the face truly was.
         */
        Judgement: {
            /**
             * By
             * @description Who says so; whoever is logged in counts before this.
             * @default null
             */
            by?: string | null;
            /**
             * @description Only of a wrong one: mask, no_mask, incorrect, or not_a_face.
             * @default null
             */
            truth?: components["schemas"]["Truth"] | null;
            /** Wrong */
            wrong: boolean;
        };
        /**
         * KindRetention
         * @description Limits of one kind of alert, beside those of all.
         */
        KindRetention: {
            /**
             * Max Age Days
             * @description Alerts of this kind are erased when they are older than this.
             * @default null
             */
            max_age_days: number | null;
            /**
             * Max Megabytes
             * @description The oldest pictures and clips of this kind are erased beyond this many megabytes (1e6 bytes).
             * @default null
             */
            max_megabytes: number | null;
        };
        /**
         * Login
         * @description User and password.
         */
        Login: {
            /**
             * Password
             * Format: password
             */
            password: string;
            /**
             * User
             * @default admin
             */
            user?: string;
        };
        /**
         * MaskLabel
         * @description What is believed of a face. `UNKNOWN` ("can't tell") is never a vote.
         * @enum {string}
         */
        MaskLabel: "mask" | "no_mask" | "incorrect" | "unknown";
        /**
         * NewPassword
         * @description A password for a user, who need not exist yet; 8 characters at least.
         */
        NewPassword: {
            /**
             * Own Password
             * @description The password of who asks, once more, where they are logged in: a page left open is not enough for this.
             * @default null
             */
            own_password?: string | null;
            /**
             * Password
             * Format: password
             */
            password: string;
        };
        /**
         * Notifier
         * @description A target that is told of alerts.
         */
        Notifier: {
            /**
             * Actions
             * @description What must happen to an alert.
             */
            actions: components["schemas"]["EventAction"][];
            /**
             * Cameras
             * @description Only alerts of these cameras; of all when empty.
             */
            cameras: string[];
            /**
             * Enabled
             * @description A paused target (false) is told nothing; what waited before still waits.
             */
            enabled: boolean;
            /**
             * Fixed
             * @description Set by the settings file: the page can't change it.
             */
            fixed: boolean;
            /**
             * Kinds
             * @description Only alerts of these kinds; of all when empty.
             */
            kinds: components["schemas"]["AlertKind"][];
            min_severity: components["schemas"]["Severity"];
            /** Name */
            name: string;
            /**
             * Options
             * @description The settings of its type; secrets are masked with `***`.
             */
            options: {
                [key: string]: unknown;
            };
            state: components["schemas"]["NotifierState"];
            /**
             * Trouble
             * @description Why nothing can be sent to it as it is set up, with what to do.
             * @default null
             */
            trouble: string | null;
            /**
             * Type
             * @description Kind of target: webhook, mqtt, email, apprise, webpush.
             */
            type: string;
            /** With Pictures */
            with_pictures: boolean;
        };
        /**
         * NotifierChange
         * @description What to change of a target; what is left out stays. An option masked with `***` stays as it was.
         */
        NotifierChange: {
            /**
             * Actions
             * @default null
             */
            actions?: components["schemas"]["EventAction"][] | null;
            /**
             * Cameras
             * @default null
             */
            cameras?: string[] | null;
            /**
             * Enabled
             * @default null
             */
            enabled?: boolean | null;
            /**
             * Kinds
             * @default null
             */
            kinds?: components["schemas"]["AlertKind"][] | null;
            /** @default null */
            min_severity?: components["schemas"]["Severity"] | null;
            /**
             * Options
             * @default null
             */
            options?: {
                [key: string]: unknown;
            } | null;
            /**
             * With Pictures
             * @default null
             */
            with_pictures?: boolean | null;
        };
        /**
         * NotifierCreate
         * @description A target to add.
         */
        NotifierCreate: {
            /**
             * Actions
             * @default [
             *       "raised",
             *       "escalated",
             *       "closed"
             *     ]
             */
            actions?: components["schemas"]["EventAction"][];
            /**
             * Cameras
             * @default []
             */
            cameras?: string[];
            /**
             * Enabled
             * @default true
             */
            enabled?: boolean;
            /**
             * Kinds
             * @default []
             */
            kinds?: components["schemas"]["AlertKind"][];
            /** @default info */
            min_severity?: components["schemas"]["Severity"];
            /** Name */
            name: string;
            /**
             * Options
             * @description The settings of its type; secrets are kept encrypted and never shown again.
             */
            options?: {
                [key: string]: unknown;
            };
            /** Type */
            type: string;
            /**
             * With Pictures
             * @default true
             */
            with_pictures?: boolean;
        };
        /**
         * NotifierState
         * @description How a target is doing.
         */
        NotifierState: {
            /**
             * Dead
             * @description Notices that were given up; they can be sent again or dropped.
             * @default 0
             */
            dead: number;
            /**
             * Delivered
             * @default 0
             */
            delivered: number;
            /**
             * Error
             * @description What is wrong now, with what to do; none once it took a notice again.
             * @default null
             */
            error: string | null;
            /**
             * Failure At
             * @description When it did not take one last.
             * @default null
             */
            failure_at: string | null;
            /**
             * Oldest Waiting S
             * @description Seconds that the oldest of them has waited, while the server ran.
             * @default 0
             */
            oldest_waiting_s: number;
            /**
             * Success At
             * @description When it took a notice last.
             * @default null
             */
            success_at: string | null;
            /**
             * Waiting
             * @description Notices that it is still to be told.
             * @default 0
             */
            waiting: number;
        };
        /**
         * NotifierTest
         * @description Settings of a target to try before they are saved.
         */
        NotifierTest: {
            /**
             * Of
             * @description The target that these settings are to change: its secrets stand where an option is masked with `***`.
             * @default null
             */
            of?: string | null;
            /** Options */
            options?: {
                [key: string]: unknown;
            };
            /** Type */
            type: string;
            /**
             * With Pictures
             * @default true
             */
            with_pictures?: boolean;
        };
        /**
         * NotifierTestResult
         * @description What a target said to a test.
         */
        NotifierTestResult: {
            /** Message */
            message: string;
            /** Ok */
            ok: boolean;
            /**
             * Remedy
             * @default
             */
            remedy: string;
            /**
             * Seconds
             * @description How long it took.
             * @default null
             */
            seconds: number | null;
        };
        /**
         * NotifierType
         * @description A kind of target, and the JSON schema of its options.
         */
        NotifierType: {
            /** Options Schema */
            options_schema: {
                [key: string]: unknown;
            };
            /** Summary */
            summary: string;
            /** Type */
            type: string;
        };
        /**
         * PauseReason
         * @description Why no alerts are raised.
         * @enum {string}
         */
        PauseReason: "disarmed" | "schedule";
        /**
         * Person
         * @description A person in view.
         */
        Person: {
            /**
             * Belief
             * @description How much the state is believed, 0..1.
             */
            belief: number;
            /**
             * Box
             * @description x1, y1, x2, y2 as shares of the picture's width and height.
             */
            box: [
                number,
                number,
                number,
                number
            ];
            /** Confidence */
            confidence: number;
            /** @description What this look says; `unknown` when it can't tell. */
            label: components["schemas"]["MaskLabel"];
            /** Probabilities */
            probabilities: {
                [key: string]: number;
            };
            /**
             * Quality
             * @description Weight of this look, 0..1.
             */
            quality: number;
            /**
             * Score
             * @description Detector's score.
             */
            score: number;
            /**
             * Seen S
             * @description Seconds since first seen.
             */
            seen_s: number;
            /** @description What is believed of the person. */
            state: components["schemas"]["TrackState"];
            /** Track Id */
            track_id: number;
            /**
             * Watched
             * @description False outside of the camera's zones: no alert is raised for this person.
             * @default true
             */
            watched: boolean;
        };
        /**
         * Problem
         * @description RFC 9457 problem+json.
         */
        Problem: {
            /**
             * Code
             * @description Stable machine-readable code.
             */
            code: string;
            /** Detail */
            detail: string;
            /**
             * Remedy
             * @default
             */
            remedy: string;
            /** Status */
            status: number;
            /** Title */
            title: string;
            /**
             * Type
             * @default about:blank
             */
            type: string;
        };
        /**
         * PushKey
         * @description What a browser subscribes to Web Push with.
         */
        PushKey: {
            /**
             * Key
             * @description The server's public key (VAPID), in base64url.
             */
            key: string;
        };
        /**
         * Readiness
         * @description Answer of `/readyz`: ready when every check says `ok`; what is wrong stands in its place otherwise.
         */
        Readiness: {
            /** Checks */
            checks: {
                [key: string]: string;
            };
            /** Ready */
            ready: boolean;
        };
        /**
         * RetentionSettings
         * @description How long alerts, their pictures and their clips are kept. Whichever limit is reached first counts.
         */
        RetentionSettings: {
            /**
             * Clip Max Age Days
             * @description Clips older than this are erased; null: they stay as long as their alerts.
             * @default null
             */
            clip_max_age_days: number | null;
            /**
             * Clip Max Megabytes
             * @description The oldest clips are erased beyond this many megabytes (1e6 bytes).
             * @default 2000
             */
            clip_max_megabytes: number;
            /**
             * Kinds
             * @description Narrower limits by kind of alert, such as `incorrect: {max_age_days: 7}`.
             */
            kinds: {
                [key: string]: components["schemas"]["KindRetention"];
            };
            /**
             * Max Age Days
             * @description Alerts older than this are erased with their pictures and clips.
             * @default 30
             */
            max_age_days: number;
            /**
             * Max Megabytes
             * @description The oldest pictures are erased beyond this many megabytes (1e6 bytes).
             * @default 2000
             */
            max_megabytes: number;
            /**
             * Picture Max Age Days
             * @description Pictures older than this are erased; null: they stay as long as their alerts.
             * @default null
             */
            picture_max_age_days: number | null;
            /**
             * Snapshots
             * @description Whether to keep pictures with each alert: the face, the whole frame, and what was there before.
             * @default true
             */
            snapshots: boolean;
        };
        /**
         * RuleSettings
         * @description When a person without a mask becomes an alert.
         */
        RuleSettings: {
            /**
             * Alert Incorrect
             * @description Whether a mask worn wrong (nose or chin out) raises an alert of kind `incorrect`.
             * @default true
             */
            alert_incorrect: boolean;
            /**
             * Blind After S
             * @description Seconds of a black, covered, blurred or frozen picture until an alert `camera_blind` is raised; none: never.
             * @default 30
             */
            blind_after_s: number | null;
            /**
             * Crowd Below Percent
             * @description Raise an alert of kind `crowd` when fewer than this share of the people in view wear a mask; none: never.
             * @default null
             */
            crowd_below_percent: number | null;
            /**
             * Crowd For Minutes
             * @description Minutes for which that must last.
             * @default 2
             */
            crowd_for_minutes: number;
            /**
             * Crowd Min People
             * @description People who must be in view for that, of whom it can be told whether they wear a mask.
             * @default 3
             */
            crowd_min_people: number;
            /**
             * Dwell S
             * @description Seconds a person must have been believed to wear no mask before an alert is raised.
             * @default 2
             */
            dwell_s: number;
            /**
             * Max Alerts Per Minute
             * @description Alerts about people that are raised in one minute at most; one more says how many were held back. None: all.
             * @default 20
             */
            max_alerts_per_minute: number | null;
            /**
             * Memory S
             * @description Seconds a person out of sight is remembered as the same person; then the alert is closed.
             * @default 3
             */
            memory_s: number;
            /**
             * Min Confidence
             * @description Belief that a state needs before it is taken; between states a margin keeps it from flickering.
             * @default 0.6
             */
            min_confidence: number;
            /**
             * Min Face Px
             * @description Faces whose longer side is below this are never judged ("can't tell").
             * @default 16
             */
            min_face_px: number;
            /**
             * Offline After S
             * @description Seconds without pictures until an alert of kind `camera_offline` is raised; none: never.
             * @default 60
             */
            offline_after_s: number | null;
            /**
             * Offline Reminder S
             * @description Seconds after that alert until one reminder that the camera is still away; none: no reminder.
             * @default 3600
             */
            offline_reminder_s: number | null;
            /**
             * Rearm S
             * @description Seconds a mask must be seen on until an alert is closed; only then the same person may raise another.
             * @default 2
             */
            rearm_s: number;
            /**
             * Repeat After S
             * @description Seconds after which a violation that goes on is alerted again; none: one violation is one alert.
             * @default null
             */
            repeat_after_s: number | null;
            /**
             * Schedules
             * @description Windows of the week in which alerts may be raised; without any, always.
             * @default []
             */
            schedules: components["schemas"]["ScheduleSettings"][];
            /**
             * Severity
             * @description How much each kind of alert matters: `info`, `warning` or `critical`. Kinds left out keep their default.
             */
            severity: {
                [key: string]: components["schemas"]["Severity"];
            };
            /**
             * Time Zone
             * @description Time zone of the schedules, such as `Asia/Jakarta`.
             * @default UTC
             */
            time_zone: string;
            /**
             * Zones
             * @description Polygons in the picture that people must stand in, or must not, to raise alerts; without any, everybody does.
             * @default []
             */
            zones: components["schemas"]["ZoneSettings"][];
        };
        /**
         * ScheduleSettings
         * @description A window of the week in which alerts may be raised.
         */
        ScheduleSettings: {
            /**
             * Days
             * @description Weekdays on which it opens: mon, tue, wed, thu, fri, sat, sun.
             * @default [
             *       "mon",
             *       "tue",
             *       "wed",
             *       "thu",
             *       "fri",
             *       "sat",
             *       "sun"
             *     ]
             */
            days: components["schemas"]["Weekday"][];
            /**
             * End
             * @description When it closes; '24:00' is the end of the day. At or before `start`, it closes on the day after.
             */
            end: string;
            /**
             * Start
             * @description When it opens, such as '06:00'.
             */
            start: string;
        };
        /**
         * ServiceInfo
         * @description What a logged-in page needs to know of the server.
         */
        ServiceInfo: {
            /** Ice Servers */
            ice_servers: components["schemas"]["IceServer"][];
            /**
             * Identity
             * @description Whether people are known again by their faces here; a camera's option `identity` leaves it out.
             */
            identity: boolean;
            /**
             * Models
             * @description Files that judge, by what they do (`detector`, `classifier`), each with the start of its SHA-256.
             */
            models: {
                [key: string]: string;
            };
            /**
             * Phone Hint
             * @description Why not, in one sentence with what to do.
             * @default null
             */
            phone_hint: string | null;
            /**
             * Phones Can Connect
             * @description Whether a phone can reach this server and will be allowed to give it its camera.
             */
            phones_can_connect: boolean;
            /** @description The common rules: what a camera without its own goes by. */
            rules: components["schemas"]["RuleSettings"];
            storage: components["schemas"]["StorageInfo"];
        };
        /**
         * Session
         * @description Whether this server asks for a password, and who is logged in.
         */
        Session: {
            /**
             * Login Needed
             * @description A password is set, and this request came without one.
             */
            login_needed: boolean;
            /**
             * User
             * @description Who is logged in; None when nobody is, or when no password is set.
             * @default null
             */
            user: string | null;
        };
        /**
         * Severity
         * @description How much an alert matters.
         * @enum {string}
         */
        Severity: "info" | "warning" | "critical";
        /**
         * Snooze
         * @description How long an alert is to rest: either of `minutes` and `until`.
         */
        Snooze: {
            /**
             * By
             * @description Who wants it; whoever is logged in counts before this.
             * @default null
             */
            by?: string | null;
            /**
             * Minutes
             * @default null
             */
            minutes?: number | null;
            /**
             * Until
             * @description At most a week from now.
             * @default null
             */
            until?: string | null;
        };
        /**
         * StorageInfo
         * @description What is stored, and how long.
         */
        StorageInfo: {
            /**
             * Clip Bytes
             * @description Bytes of all clips kept.
             */
            clip_bytes: number;
            /**
             * Clips
             * @description Whether new alerts get a clip.
             */
            clips: boolean;
            /**
             * Kinds
             * @description The same by kind of alert; those without alerts are left out.
             */
            kinds: components["schemas"]["StoredKind"][];
            /**
             * Picture Bytes
             * @description Bytes of all pictures kept.
             */
            picture_bytes: number;
            retention: components["schemas"]["RetentionSettings"];
        };
        /**
         * StoredKind
         * @description What is stored of one kind of alert.
         */
        StoredKind: {
            /** Alerts */
            alerts: number;
            /** Clip Bytes */
            clip_bytes: number;
            kind: components["schemas"]["AlertKind"];
            /** Picture Bytes */
            picture_bytes: number;
        };
        /**
         * StreamsQuestion
         * @description Which camera to ask for its streams, and as whom.
         */
        StreamsQuestion: {
            /** Host */
            host: string;
            /**
             * Password
             * Format: password
             * @default
             */
            password: string;
            /**
             * Port
             * @default 80
             */
            port: number;
            /**
             * User
             * @default
             */
            user: string;
        };
        /**
         * Subscribe
         * @description From the client: which cameras to follow. `cameras` None means all; [] none (alerts and states still come).
         */
        Subscribe: {
            /**
             * Cameras
             * @description Cameras whose `faces` are wanted.
             * @default null
             */
            cameras?: string[] | null;
            /**
             * Resume From
             * @description Id of the last event seen; every later event is sent, without a gap.
             * @default null
             */
            resume_from?: number | null;
            /**
             * Type
             * @default subscribe
             * @constant
             */
            type?: "subscribe";
            /**
             * V
             * @default 1
             * @constant
             */
            v?: 1;
        };
        /**
         * TrackState
         * @description What is held of a person: nothing yet, compliant, or a violation of one kind.
         * @enum {string}
         */
        TrackState: "unknown" | "compliant" | "no_mask" | "incorrect";
        /**
         * Truth
         * @description What an alert's face truly was, as a person says who looked at it.
         * @enum {string}
         */
        Truth: "mask" | "no_mask" | "incorrect" | "not_a_face";
        /**
         * User
         * @description Somebody who may log in.
         */
        User: {
            /** Name */
            name: string;
            /**
             * You
             * @description Whether this is who asks.
             */
            you: boolean;
        };
        /**
         * VideoKeyframe
         * @description The next binary message is a keyframe: a page may forget all pictures before it.
         */
        VideoKeyframe: {
            /**
             * Shown S
             * @description Its time in the stream; see `docs/webrtc.md`.
             */
            shown_s: number;
            /**
             * Type
             * @default keyframe
             * @constant
             */
            type: "keyframe";
        };
        /**
         * VideoStart
         * @description Another stream begins; the next binary message is its initialisation segment, every later one a picture.
         */
        VideoStart: {
            /** Height */
            height: number;
            /**
             * Mime
             * @description What to give to `MediaSource.addSourceBuffer`.
             */
            mime: string;
            /**
             * Type
             * @default start
             * @constant
             */
            type: "start";
            /** Width */
            width: number;
        };
        /**
         * Weekday
         * @description Days of the week.
         * @enum {string}
         */
        Weekday: "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
        /**
         * ZoneAnchor
         * @description Which point of a person must lie in a zone: the middle of the face, or the feet as estimated from it.
         * @enum {string}
         */
        ZoneAnchor: "face" | "feet";
        /**
         * ZoneMode
         * @description Whether people must be in a zone, or must not be.
         * @enum {string}
         */
        ZoneMode: "include" | "exclude";
        /**
         * ZoneSettings
         * @description A polygon in the picture that people must stand in, or must not.
         */
        ZoneSettings: {
            /**
             * @description Which point of a person must lie in it: the middle of the `face`, or the `feet` as estimated from it.
             * @default face
             */
            anchor: components["schemas"]["ZoneAnchor"];
            /**
             * @description `include`: only people in it (or another such zone) raise alerts; `exclude`: people in it raise none.
             * @default include
             */
            mode: components["schemas"]["ZoneMode"];
            /**
             * Name
             * @description What it is called.
             */
            name: string;
            /**
             * Points
             * @description Corners in their order, each as shares of the picture's width and height (0 to 1, from the upper left).
             */
            points: [
                number,
                number
            ][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;

export type Acknowledge = components["schemas"]["Acknowledge"];
export type Alert = components["schemas"]["Alert"];
export type AlertConditions = components["schemas"]["AlertConditions"];
export type AlertExport = components["schemas"]["AlertExport"];
export type AlertFilter = components["schemas"]["AlertFilter"];
export type AlertHistory = components["schemas"]["AlertHistory"];
export type AlertKind = components["schemas"]["AlertKind"];
export type AlertMessage = components["schemas"]["AlertMessage"];
export type AlertPage = components["schemas"]["AlertPage"];
export type AlertRange = components["schemas"]["AlertRange"];
export type AlertState = components["schemas"]["AlertState"];
export type Alerting = components["schemas"]["Alerting"];
export type Camera = components["schemas"]["Camera"];
export type CameraChange = components["schemas"]["CameraChange"];
export type CameraCreate = components["schemas"]["CameraCreate"];
export type CameraHealth = components["schemas"]["CameraHealth"];
export type CameraMessage = components["schemas"]["CameraMessage"];
export type CameraState = components["schemas"]["CameraState"];
export type CameraStream = components["schemas"]["CameraStream"];
export type CameraStreams = components["schemas"]["CameraStreams"];
export type CameraTest = components["schemas"]["CameraTest"];
export type CameraTestResult = components["schemas"]["CameraTestResult"];
export type CloseReason = components["schemas"]["CloseReason"];
export type DeadLetter = components["schemas"]["DeadLetter"];
export type DeadLetterChoice = components["schemas"]["DeadLetterChoice"];
export type DeadLetterCount = components["schemas"]["DeadLetterCount"];
export type DeadLetterQuery = components["schemas"]["DeadLetterQuery"];
export type DeadLetters = components["schemas"]["DeadLetters"];
export type DisarmRequest = components["schemas"]["DisarmRequest"];
export type Discovered = components["schemas"]["Discovered"];
export type DiscoveredCamera = components["schemas"]["DiscoveredCamera"];
export type Discovery = components["schemas"]["Discovery"];
export type Erased = components["schemas"]["Erased"];
export type ErrorMessage = components["schemas"]["ErrorMessage"];
export type EventAction = components["schemas"]["EventAction"];
export type FacesMessage = components["schemas"]["FacesMessage"];
export type Feedback = components["schemas"]["Feedback"];
export type FeedbackFilter = components["schemas"]["FeedbackFilter"];
export type FrameQuery = components["schemas"]["FrameQuery"];
export type Health = components["schemas"]["Health"];
export type HelloMessage = components["schemas"]["HelloMessage"];
export type HistoryEntry = components["schemas"]["HistoryEntry"];
export type IceServer = components["schemas"]["IceServer"];
export type Info = components["schemas"]["Info"];
export type Judgement = components["schemas"]["Judgement"];
export type KindRetention = components["schemas"]["KindRetention"];
export type Login = components["schemas"]["Login"];
export type MaskLabel = components["schemas"]["MaskLabel"];
export type NewPassword = components["schemas"]["NewPassword"];
export type Notifier = components["schemas"]["Notifier"];
export type NotifierChange = components["schemas"]["NotifierChange"];
export type NotifierCreate = components["schemas"]["NotifierCreate"];
export type NotifierState = components["schemas"]["NotifierState"];
export type NotifierTest = components["schemas"]["NotifierTest"];
export type NotifierTestResult = components["schemas"]["NotifierTestResult"];
export type NotifierType = components["schemas"]["NotifierType"];
export type PauseReason = components["schemas"]["PauseReason"];
export type Person = components["schemas"]["Person"];
export type Problem = components["schemas"]["Problem"];
export type PushKey = components["schemas"]["PushKey"];
export type Readiness = components["schemas"]["Readiness"];
export type RetentionSettings = components["schemas"]["RetentionSettings"];
export type RuleSettings = components["schemas"]["RuleSettings"];
export type ScheduleSettings = components["schemas"]["ScheduleSettings"];
export type ServiceInfo = components["schemas"]["ServiceInfo"];
export type Session = components["schemas"]["Session"];
export type Severity = components["schemas"]["Severity"];
export type Snooze = components["schemas"]["Snooze"];
export type StorageInfo = components["schemas"]["StorageInfo"];
export type StoredKind = components["schemas"]["StoredKind"];
export type StreamsQuestion = components["schemas"]["StreamsQuestion"];
export type Subscribe = components["schemas"]["Subscribe"];
export type TrackState = components["schemas"]["TrackState"];
export type Truth = components["schemas"]["Truth"];
export type User = components["schemas"]["User"];
export type VideoKeyframe = components["schemas"]["VideoKeyframe"];
export type VideoStart = components["schemas"]["VideoStart"];
export type Weekday = components["schemas"]["Weekday"];
export type ZoneAnchor = components["schemas"]["ZoneAnchor"];
export type ZoneMode = components["schemas"]["ZoneMode"];
export type ZoneSettings = components["schemas"]["ZoneSettings"];
