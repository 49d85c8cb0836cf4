/** What a server proves by who it is, in PEM. */
export interface TlsIdentity {
  /** Its certificate, and those between it and the authority. */
  readonly cert: string;
  /** The certificate's private key. */
  readonly key: string;
}
