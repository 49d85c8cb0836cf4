/** The version of the messages and of the endpoints' meaning; both ends must agree on it. */
export const PROTOCOL_VERSION = 1;
