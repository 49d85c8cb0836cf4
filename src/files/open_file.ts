/** An open regular file, as the layers above read and write it at absolute positions. */
export interface OpenFile {
  /** Its descriptor, valid in the thread that opened it. */
  readonly fd: number;
  /** Its name, for errors. */
  readonly path: string;
  /** Its size in bytes. */
  readonly size: number;
}
