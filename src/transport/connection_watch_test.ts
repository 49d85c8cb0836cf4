// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import type { AcceptedSocket } from "./accepted_sockets.ts";
import { ConnectionWatch } from "./connection_watch.ts";

const SERVER = { hostname: "127.0.0.1", port: 1 };

/** Connections that are made and ended by hand. */
class Line {
  now = 0;
  readonly ended: string[] = [];
  readonly #open: AcceptedSocket[] = [];
  readonly watch: ConnectionWatch;

  constructor(maxConnections = 10) {
    const sockets = {
      list: () => [...this.#open],
      shutDown: (socket: AcceptedSocket) => {
        this.ended.push(socket.peer);
        this.#open.splice(this.#open.indexOf(socket), 1);
      },
    };
    const limits = { headerMs: 10, idleMs: 100, maxConnections };
    this.watch = new ConnectionWatch(sockets, SERVER, limits, () => this.now);
  }

  connect(peer: string, fd = this.#open.length): void {
    this.#open.push({ fd, peer });
  }

  at(now: number): string[] {
    this.now = now;
    this.watch.look();
    return this.ended;
  }
}

Deno.test("a connection that sends no request ends after the time for a head", () => {
  const line = new Line();
  line.connect("a");
  line.at(0);
  assertEquals(line.at(10), []);
  assertEquals(line.at(11), ["a"]);
});

Deno.test("a request may take its time, and the next one may wait longer than a head", () => {
  const line = new Line();
  line.connect("a");
  line.at(0);
  line.now = 5;
  const answered = line.watch.requested("a");
  assertEquals(line.at(10_000), []);
  line.now = 10_001;
  answered();
  assertEquals(line.at(10_101), []);
  assertEquals(line.at(10_102), ["a"]);
});

Deno.test("a request that came before its connection was ever looked at counts", () => {
  const line = new Line();
  line.connect("a");
  line.watch.requested("a")();
  line.at(1);
  assertEquals(line.at(50), []);
  assertEquals(line.at(101), ["a"]);
});

Deno.test("a connection is kept as long as one of its requests is at work", () => {
  const line = new Line();
  line.connect("a");
  const first = line.watch.requested("a");
  const second = line.watch.requested("a");
  first();
  assertEquals(line.at(500), []);
  second();
  line.at(500);
  assertEquals(line.at(601), ["a"]);
});

Deno.test("another connection from the same port begins anew", () => {
  // Between two looks the first one goes, and another takes its port.
  const open: AcceptedSocket[] = [{ fd: 1, peer: "a" }];
  const ended: number[] = [];
  let now = 0;
  const watch = new ConnectionWatch(
    { list: () => [...open], shutDown: ({ fd }) => ended.push(fd) },
    SERVER,
    { headerMs: 10, idleMs: 100, maxConnections: 10 },
    () => now,
  );
  watch.look();
  now = 9;
  open[0] = { fd: 2, peer: "a" };
  watch.look();
  now = 18;
  watch.look();
  assertEquals(ended, []);
  now = 20;
  watch.look();
  assertEquals(ended, [2]);
});

Deno.test("of too many connections those go that have been silent the longest, none at work", () => {
  const line = new Line(2);
  for (const [place, peer] of ["a", "b", "c", "d"].entries()) {
    line.now = place;
    line.connect(peer, place);
    if (peer === "a") line.watch.requested("a");
    if (peer === "d") line.watch.requested("d")();
    line.watch.look();
  }
  assertEquals(line.ended, ["b", "c"]);
});
