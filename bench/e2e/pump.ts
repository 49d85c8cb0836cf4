/** How a relay moves the bytes of one way of one connection. */
import type { LinePacer } from "./line_pacer.ts";
import { sleep } from "./sleep.ts";

const BUFFER_BYTES = 256 << 10;

/** What is told of every piece that was read. */
type Counted = (bytes: number) => void;

/**
 * Passes on what comes, as soon as it comes, until it ends.
 *
 * @param from Where it comes from.
 * @param to Where it goes.
 * @param counted Told of what was read.
 */
export async function passDirectly(
  from: Deno.Conn,
  to: Deno.Conn,
  counted: Counted,
): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (;;) {
    const read = await from.read(buffer);
    if (read === null) return;
    counted(read);
    await writeAll(to, buffer.subarray(0, read));
  }
}

/**
 * Passes on what comes, when it has come over a line.
 *
 * @param from Where it comes from.
 * @param to Where it goes; it need not be there yet.
 * @param pacer The line's way, which other connections share.
 * @param counted Told of what was read.
 */
export async function passPaced(
  from: Deno.Conn,
  to: Promise<Deno.Conn>,
  pacer: LinePacer,
  counted: Counted,
): Promise<void> {
  const flight: { readonly arrivesAt: number; readonly bytes: Uint8Array }[] = [];
  const [arrival, room] = [new Bell(), new Bell()];
  let [underWay, over, broken] = [0, false, false];
  const deliver = async (): Promise<void> => {
    try {
      const connection = await to;
      for (;;) {
        const next = flight.shift();
        if (next === undefined) {
          if (over) return;
          await arrival.rung();
          continue;
        }
        const waitMs = next.arrivesAt - performance.now();
        if (waitMs > 0) await sleep(waitMs);
        await writeAll(connection, next.bytes);
        underWay -= next.bytes.length;
        room.ring();
      }
    } finally {
      broken = true;
      room.ring();
    }
  };
  const delivered = deliver();
  // Looked at below; until then it is no unhandled rejection.
  delivered.catch(() => {});
  try {
    while (!broken) {
      const waitMs = pacer.waitMs(performance.now());
      if (waitMs > 0) {
        await sleep(waitMs);
        continue;
      }
      if (underWay > pacer.windowBytes) {
        await room.rung();
        continue;
      }
      const bytes = new Uint8Array(pacer.portionBytes);
      const read = await from.read(bytes);
      if (read === null) break;
      counted(read);
      underWay += read;
      const arrivesAt = pacer.admit(read, performance.now());
      flight.push({ arrivesAt, bytes: bytes.subarray(0, read) });
      arrival.ring();
    }
  } finally {
    over = true;
    arrival.ring();
    await delivered;
  }
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await to.write(bytes.subarray(done));
}

/** Wakes whoever waits for it, and whoever comes next if nobody does. */
class Bell {
  #rings = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rings = true;
    this.#wake?.();
  }

  async rung(): Promise<void> {
    if (!this.#rings) await new Promise<void>((resolve) => this.#wake = resolve);
    this.#rings = false;
    this.#wake = undefined;
  }
}
