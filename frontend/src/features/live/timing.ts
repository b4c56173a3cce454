/** Every timing of the live client, in one place. */
export const PING_EVERY_MS = 5_000
export const LIVENESS_CHECK_MS = 1_000
export const SILENCE_LIMIT_MS = 10_000
export const BACKOFF_FIRST_MS = 500
export const BACKOFF_VISIBLE_MS = 2_000
export const BACKOFF_HIDDEN_MS = 300_000
export const JITTER_SHARE = 0.3
/** A connection attempt that has not been welcomed by then is given up. */
export const CONNECT_LIMIT_MS = 10_000
/** Without a socket for so long, events are asked for over HTTPS. */
export const POLL_AFTER_MS = 4_000
export const POLL_EVERY_MS = 1_000
export const STAGE_EVERY_MS = 1000 / 30
/** Without followers only a settled view is told (LIVE-P4). */
export const STAGE_SETTLED_MS = 500
/** A refused stage is told again after the server has read the case's studies anew. */
export const STAGE_AGAIN_MS = 1_200
export const PRESENCE_EVERY_MS = 1000 / 25
/** Presence lives 5 s on the server; it is renewed well before. */
export const PRESENCE_RENEW_MS = 2_000
export const IDLE_AFTER_MS = 60_000
/** A pointer that has not moved for so long fades. */
export const RESTED_MS = 6_000
/** How often at most it is told what somebody looks at. */
export const LOOKS_EVERY_MS = 400
/** A call to look is drawn for so long, and can be gone to for so long. */
export const CALL_SHOWN_MS = 10_000
export const CALL_LIVES_MS = 20_000
export const OP_RETRY_MS = 1_000
