import { openSockets, type SocketLibrary } from "../../ffi/sockets.ts";
import { isV4, parseAddress } from "./ip_address.ts";

/** A connection that was made to this program. */
export interface AcceptedSocket {
  /** Its descriptor, which stays the runtime's. */
  readonly fd: number;
  /** The other end, as {@linkcode peerKey} names it. */
  readonly peer: string;
}

/** Where a server listens. */
export interface ListeningAddress {
  /** A numeric address; `0.0.0.0` and `::` stand for all of their kind. */
  readonly hostname: string;
  readonly port: number;
}

/** What lists and breaks connections. */
export interface AcceptedSockets {
  /** The connections to one of this program's servers, now. */
  list(server: ListeningAddress): AcceptedSocket[];
  /** Ends a connection; the runtime notices, and closes the descriptor itself. */
  shutDown(socket: AcceptedSocket): void;
}

const AF_INET = 2;
const AF_INET6 = 10;
const SHUT_RDWR = 2;
/** Reading, which is 0, and closed when another program is started (asm-generic/fcntl.h). */
const O_CLOEXEC = 0o2000000;

/** Where an entry of getdents64 has its length and its name (linux/dirent.h). */
const LENGTH_AT = 16;
const NAME_AT = 19;

/** A sockaddr_in6 has 28 bytes. */
const ADDRESS_BYTES = 32;

const DESCRIPTORS = new TextEncoder().encode("/proc/self/fd\0");

/**
 * The other end of a connection, as a key.
 *
 * @param address Its address, in any spelling.
 * @param port Its port.
 */
export function peerKey(address: string, port: number): string {
  const bytes = parseAddress(address);
  return bytes === undefined ? "" : keyOf(bytes, port);
}

function keyOf(bytes: Uint8Array, port: number): string {
  return `${String.fromCharCode(...bytes)}${port}`;
}

/**
 * What lists and breaks this program's connections, which the runtime does not let go of as long as the other end
 * holds on.
 *
 * @returns Null where the system or the permissions do not allow for it.
 */
export function openAcceptedSockets(): AcceptedSockets | null {
  const library = openSockets();
  return library === null ? null : new LinuxSockets(library);
}

class LinuxSockets implements AcceptedSockets {
  readonly #library: SocketLibrary;
  readonly #entries = new Uint8Array(32 << 10);
  readonly #address = new Uint8Array(ADDRESS_BYTES);
  readonly #view = new DataView(this.#address.buffer);
  readonly #length = new Uint32Array(1);

  constructor(library: SocketLibrary) {
    this.#library = library;
  }

  list(server: ListeningAddress): AcceptedSocket[] {
    const { open, close } = this.#library;
    const isOwn = ownerOf(server);
    const directory = open(DESCRIPTORS, O_CLOEXEC);
    if (directory < 0) return [];
    const sockets: AcceptedSocket[] = [];
    try {
      for (const fd of this.#descriptors(directory)) {
        if (!this.#isAt(fd, server.port, isOwn)) continue;
        const peer = this.#peerOf(fd);
        if (peer !== undefined) sockets.push({ fd, peer });
      }
    } finally {
      close(directory);
    }
    return sockets;
  }

  shutDown({ fd }: AcceptedSocket): void {
    this.#library.shutdown(fd, SHUT_RDWR);
  }

  *#descriptors(directory: number): Generator<number> {
    const entries = this.#entries;
    const view = new DataView(entries.buffer);
    for (;;) {
      const bytes = Number(
        this.#library.getdents64(directory, entries, BigInt(entries.length)),
      );
      if (bytes <= 0) return;
      for (let at = 0; at < bytes; at += view.getUint16(at + LENGTH_AT, true)) {
        let fd = 0;
        let digit = entries[at + NAME_AT]! - 0x30;
        // "." and ".." are not numbers.
        if (digit < 0) continue;
        for (let place = at + NAME_AT; digit >= 0; digit = entries[++place]! - 0x30) {
          fd = fd * 10 + digit;
        }
        yield fd;
      }
    }
  }

  #isAt(fd: number, port: number, isOwn: Owner): boolean {
    this.#length[0] = ADDRESS_BYTES;
    return this.#library.getsockname(fd, this.#address, this.#length) === 0 &&
      this.#isInternet() && this.#view.getUint16(2) === port &&
      isOwn(this.#family, this.#bytes());
  }

  /** Undefined for the socket that listens, and for a connection that has just ended. */
  #peerOf(fd: number): string | undefined {
    this.#length[0] = ADDRESS_BYTES;
    if (this.#library.getpeername(fd, this.#address, this.#length) !== 0) return undefined;
    if (!this.#isInternet()) return undefined;
    return keyOf(this.#bytes(), this.#view.getUint16(2));
  }

  /** The address that was asked for last, as {@linkcode parseAddress} gives one. */
  #bytes(): Uint8Array {
    const bytes = new Uint8Array(16);
    if (this.#family === AF_INET) {
      bytes.fill(0xff, 10, 12);
      bytes.set(this.#address.subarray(4, 8), 12);
    } else bytes.set(this.#address.subarray(8, 24));
    return bytes;
  }

  get #family(): number {
    return this.#view.getUint16(0, true);
  }

  #isInternet(): boolean {
    return this.#family === AF_INET || this.#family === AF_INET6;
  }
}

/** Whether a socket of the program with this address of its own, at the right port, is a server's. */
type Owner = (family: number, own: Uint8Array) => boolean;

/** A program may have several servers at one port, each at another address. */
function ownerOf({ hostname }: ListeningAddress): Owner {
  const address = parseAddress(hostname);
  if (address === undefined) return () => true;
  const v4 = isV4(address);
  const isWildcard = address.subarray(v4 ? 12 : 0).every((byte) => byte === 0);
  if (!isWildcard) return (_family, own) => own.every((byte, place) => byte === address[place]);
  // One that listens on all of IPv6 may take IPv4, too; the system has such connections as IPv6.
  return (family) => family === (v4 ? AF_INET : AF_INET6);
}
