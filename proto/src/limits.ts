// How large anything may be that comes from outside. A named limit, with its unit, and why.

/** Servos of one host. Forty times what a large host runs; bounds the memory of both sides. */
export const maxServosPerHost = 20_000;
/** Servos in one chunk of a snapshot: about 200 KiB, so that one chunk never holds the event loop for long. */
export const maxServosPerChunk = 500;
/** State changes in one heartbeat; an agent with more sends a snapshot. */
export const maxChangesPerHeartbeat = 500;
/** Problems that one inventory lists; the agent sums up the rest in the last one. */
export const maxProblems = 100;
/** Acknowledged broken items in one order. */
export const maxAcknowledgedItems = 100;
/** Bytes of one gRPC message, either way: a full chunk with the longest ids fits. */
export const maxMessageBytes = 1024 * 1024;
/** Bytes of one answer to an operator: a page of the largest rows, or a plan with everything that it blocks. */
export const maxAdminReplyBytes = 16 * 1024 * 1024;
/** Characters of a path, of a stable name, of a sentence for people. */
export const maxPathChars = 1024;
export const maxCodeChars = 40;
export const maxSentenceChars = 500;
/** Bytes of one manifest file. A thousand times what one needs. */
export const maxManifestBytes = 1024 * 1024;
/** Rows of one page or list that an admin request may ask for. */
export const maxRowsPerPage = 1000;
/** Protocol versions that this build speaks. */
export const protocolMin = 1;
export const protocolMax = 1;
