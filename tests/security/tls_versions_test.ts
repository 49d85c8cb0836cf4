// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals, assertMatch } from "@std/assert";
import { Authority, OPENSSL } from "../authority.ts";
import { Workspace } from "../workspace.ts";

/** What a client that knows one version of TLS alone gets to see. */
async function handshake(port: number, version: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("openssl", {
    // Of itself it does not offer the old ones any more.
    args: [
      "s_client",
      "-connect",
      `127.0.0.1:${port}`,
      `-${version}`,
      "-cipher",
      "ALL:@SECLEVEL=0",
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

Deno.test({
  name: `a server speaks TLS 1.2 and 1.3 and no older one${OPENSSL}`,
  ignore: OPENSSL !== "",
  async fn() {
    await using space = new Workspace();
    const { cert, key } = Authority.make(space.path).sign("server");
    const server = await space.serve([`--tls-cert=${cert}`, `--tls-key=${key}`]);
    for (const [version, name] of [["tls1_2", "TLSv1.2"], ["tls1_3", "TLSv1.3"]] as const) {
      assertMatch(await handshake(server.port, version), new RegExp(`New, ${name}, Cipher is \\w`));
    }
    for (const version of ["tls1", "tls1_1"]) {
      assertMatch(
        await handshake(server.port, version),
        /New, \(NONE\), Cipher is \(NONE\)[^]*SSL alert number/,
      );
    }
    assertEquals(server.program.over, false);
  },
});

Deno.test({
  name: `a server warns of a certificate that expires within two weeks, and of no other${OPENSSL}`,
  ignore: OPENSSL !== "",
  async fn() {
    await using space = new Workspace();
    const authority = Authority.make(space.path);
    for (const [days, warned] of [[13, true], [15, false]] as const) {
      const until = new Date(Date.now() + days * 86_400_000).toISOString().replace(
        /[-:T]|\.\d+/g,
        "",
      );
      const { cert, key } = authority.sign(`days-${days}`, { until });
      const server = await space.serve([`--tls-cert=${cert}`, `--tls-key=${key}`]);
      assertEquals(/warn +The certificate will expire soon/.test(server.log), warned, server.log);
    }
  },
});
