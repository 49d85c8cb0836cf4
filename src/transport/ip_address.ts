const BYTES = 16;

/** Where an IPv4 address lies in the IPv6 form that stands for it (RFC 4291, 2.5.5.2). */
const V4_AT = 12;

/**
 * Reads an address, so that the same one is the same bytes however it is written.
 *
 * @param text IPv4 or IPv6, in brackets or not; a zone is left out.
 * @returns Its 16 bytes, those of IPv4 as `::ffff:a.b.c.d`; undefined where it is none.
 */
export function parseAddress(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bare = text.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
  const bytes = new Uint8Array(BYTES);
  if (!bare.includes(":")) {
    bytes.fill(0xff, V4_AT - 2, V4_AT);
    return writeV4(bare, bytes) ? bytes : undefined;
  }
  const halves = bare.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => groupsOf(half));
  if (head === undefined || halves.length === 2 && tail === undefined) return undefined;
  const after = tail ?? [];
  if (halves.length === 2 ? head.length + after.length >= BYTES : head.length !== BYTES) {
    return undefined;
  }
  bytes.set(head);
  bytes.set(after, BYTES - after.length);
  return bytes;
}

/** The bytes of what stands on one side of `::`. */
function groupsOf(half: string): number[] | undefined {
  if (half === "") return [];
  const groups = half.split(":");
  const bytes: number[] = [];
  for (const [place, group] of groups.entries()) {
    if (group.includes(".") && place === groups.length - 1) {
      const v4 = new Uint8Array(BYTES);
      if (!writeV4(group, v4)) return undefined;
      bytes.push(...v4.subarray(V4_AT));
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return bytes;
}

function writeV4(text: string, bytes: Uint8Array): boolean {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return false;
  for (const [place, part] of parts.entries()) {
    if (Number(part) > 255) return false;
    bytes[V4_AT + place] = Number(part);
  }
  return true;
}

/** Whether 16 bytes stand for an address of IPv4. */
export function isV4(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff &&
    bytes[11] === 0xff;
}

/**
 * Addresses that are one client's: whoever has one of IPv6 has a network of 64 bits of them.
 *
 * @param client An address.
 * @returns What all of them have in common.
 */
export function groupOf(client: string): string {
  const bytes = parseAddress(client);
  if (bytes === undefined) return client;
  return String(isV4(bytes) ? bytes : bytes.subarray(0, 8));
}
