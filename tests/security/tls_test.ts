// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { run } from "../program.ts";
import { exchange } from "../raw_request.ts";
import { concat, someBytes, Workspace } from "../workspace.ts";
import { Authority, type CertificateFiles, OPENSSL } from "../authority.ts";

const ignore = OPENSSL !== "";
const OLD = someBytes(300_000, 1);
const NEW = concat(OLD.subarray(0, 150_000), someBytes(5000, 2), OLD.subarray(150_000));

function tlsFlags({ cert, key }: CertificateFiles): string[] {
  return [`--tls-cert=${cert}`, `--tls-key=${key}`];
}

Deno.test({
  name: `a push over TLS goes through, by name and by address, by every scheme${OPENSSL}`,
  ignore,
  fn: async () => {
    await using space = new Workspace();
    const authority = Authority.make(space.path);
    const server = await space.serve(tlsFlags(authority.sign("server")));
    assertMatch(server.url, /^https:/);
    const file = space.new(NEW);
    const bases = [server.url, server.url.replace("127.0.0.1", "localhost")];
    for (const scheme of ["parasync", "rsync", "dsync", "skysync_c"]) {
      for (const base of bases) {
        space.old("a", OLD);
        const push = ["push", file, `${base}/a`, `--ca=${authority.cert}`, `--scheme=${scheme}`];
        assertSucceeded(await run(push));
        await space.untouched("a", NEW);
      }
    }
    const doctor = await run(["doctor", server.url, `--ca=${authority.cert}`]);
    assertEquals(doctor.code, 0, doctor.stdout);
    assertEquals(server.log.includes(" warn "), false, server.log);
  },
});

Deno.test({
  name: `a server that does not prove who it is gets nothing, and the reason is one line${OPENSSL}`,
  ignore,
  fn: async () => {
    await using space = new Workspace();
    const authority = Authority.make(space.path);
    const ca = `--ca=${authority.cert}`;
    const file = space.new(NEW);
    space.old("a", OLD);
    const times = { from: "20200101000000Z", until: "20200201000000Z" };
    const later = { from: "21000101000000Z", until: "21010101000000Z" };
    const cases: [CertificateFiles, string[], RegExp][] = [
      [authority.sign("unknown"), [], /certificate is not believed here; --ca=FILE/],
      [
        authority.sign("elsewhere", { names: "DNS:images.example,IP:192.0.2.1" }),
        [ca],
        /certificate is not for that name/,
      ],
      [authority.sign("expired", times), [ca], /certificate has expired/],
      [authority.sign("later", later), [ca], /certificate is not valid yet/],
    ];
    for (const [files, flags, line] of cases) {
      const server = await space.serve(tlsFlags(files));
      const push = ["push", file, `${server.url}/a`, ...flags];
      assertFailed(await run(push), 10, line);
      const doctor = await run(["doctor", server.url, ...flags]);
      assertEquals(doctor.code, 10, doctor.stdout);
    }
    await space.untouched("a", OLD);
  },
});

Deno.test({
  name:
    `an expired certificate, and a key that others can read, are told when the server starts${OPENSSL}`,
  ignore,
  fn: async () => {
    await using space = new Workspace();
    const authority = Authority.make(space.path);
    const files = authority.sign("a", { from: "20200101000000Z", until: "20200201000000Z" });
    Deno.chmodSync(files.key, 0o644);
    const server = await space.serve(tlsFlags(files));
    await server.program.says("stderr", /warn .*certificate has expired/);
    await server.program.says("stderr", /warn .*Others can read the private key; chmod 600 it/);
  },
});

Deno.test({
  name:
    `plain HTTP to a server with TLS, and TLS to one without, fail with a word on how to go on${OPENSSL}`,
  ignore,
  fn: async () => {
    await using space = new Workspace();
    const authority = Authority.make(space.path);
    const secure = await space.serve(tlsFlags(authority.sign("server")));
    const plain = await space.serve();
    const file = space.new(NEW);
    const toSecure = `http://127.0.0.1:${secure.port}`;
    assertFailed(await run(["push", file, `${toSecure}/a`]), 2, /with TLS, write https:\/\//);
    assertMatch((await run(["doctor", toSecure])).stdout, /https:\/\//);
    const toPlain = `https://127.0.0.1:${plain.port}`;
    const ca = `--ca=${authority.cert}`;
    assertFailed(await run(["push", file, `${toPlain}/a`, ca]), 2, /does not speak TLS.*http:\/\//);
    assertMatch((await run(["doctor", toPlain, ca])).stdout, /write http:\/\//);
    const answer = await exchange(
      secure.port,
      [new TextEncoder().encode("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")],
      false,
    );
    assertEquals(answer.status, 0, "nothing of HTTP comes out of a port with TLS");
    assertFailed(
      await run(["push", file, `http://127.0.0.1:${plain.port}/a`, ca]),
      1,
      /Cannot use --ca with http:/,
    );
  },
});

Deno.test({
  name: `files that are no certificate and its key keep a server from starting${OPENSSL}`,
  ignore,
  fn: async () => {
    await using space = new Workspace();
    const authority = Authority.make(space.path);
    const { cert, key } = authority.sign("a");
    const other = authority.sign("b");
    const junk = space.new("junk", "junk.pem");
    const damaged = space.new(
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      "damaged.pem",
    );
    const locked = space.new("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n", "locked.key");
    const gone = `${space.path}/gone`;
    const cases: [string[], number, RegExp][] = [
      [[`--tls-cert=${cert}`], 1, /--tls-cert: it takes the private key too/],
      [[`--tls-key=${key}`], 1, /--tls-key: it takes the certificate too/],
      [tlsFlags({ cert: gone, key }), 3, /Cannot read certificate .*gone/],
      [tlsFlags({ cert, key: gone }), 3, /Cannot read private key .*gone/],
      [tlsFlags({ cert, key: other.key }), 1, /private key: it is not that of the certificate/],
      [tlsFlags({ cert: junk, key }), 1, /junk.pem: it holds no certificate in PEM/],
      [tlsFlags({ cert: damaged, key }), 1, /damaged.pem: a certificate in it is damaged/],
      [tlsFlags({ cert, key: junk }), 1, /junk.pem: it holds no private key in PEM/],
      [tlsFlags({ cert, key: locked }), 1, /locked.key: it is encrypted/],
    ];
    for (const [flags, exit, line] of cases) {
      assertFailed(await run(["serve", `--root=${space.root}`, "--port=0", ...flags]), exit, line);
    }
    const push = ["push", space.new(NEW), "https://127.0.0.1:9/a"];
    assertFailed(await run([...push, `--ca=${junk}`]), 1, /authority .*holds no certificate/);
    assertFailed(await run([...push, `--ca=${gone}`]), 3, /Cannot read authority/);
  },
});

Deno.test("a server beyond loopback with a token and without TLS says that all is in the clear", async () => {
  await using space = new Workspace();
  const env = { PARASYNC_TOKEN: "s3cret" };
  const server = await space.serve(["--host=0.0.0.0"], { env });
  await server.program.says("stderr", /warn .*unencrypted; give a certificate/);
  const proxied = await space.serve(["--host=0.0.0.0", "--trusted-proxy=10.0.0.1"], { env });
  assert(!proxied.log.includes("unencrypted"), proxied.log);
});
