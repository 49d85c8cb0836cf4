/** An open regular file, as the layers above read and write it at absolute positions. */
export interface OpenFile {
  /** Its descriptor, valid in the thread that opened it. */
  readonly fd: number;
  /** The name that messages call it by, which a peer may see. */
  readonly name: string;
  /** Its size in bytes. */
  readonly size: number;
}
