import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "./workspace.ts";

const SITE = fileURLToPath(new URL("../docs/ops/nginx.conf", import.meta.url));

/** Why tests that need a proxy are skipped; empty where they run. */
export const NGINX_MISSING: string = has("nginx", "-v") && has("openssl", "version")
  ? ""
  : " [skipped: needs nginx and openssl]";

function has(command: string, argument: string): boolean {
  try {
    return new Deno.Command(command, { args: [argument], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** nginx in front of servers, by the configuration that docs/operations.md gives out. */
export class Nginx implements AsyncDisposable {
  /** Where it listens, without a path. */
  readonly url: string;
  /** The certificate of who signed its own. */
  readonly authority: string;
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess, url: string, authority: string) {
    this.#child = child;
    this.url = url;
    this.authority = authority;
  }

  /**
   * Starts it and waits until it listens.
   *
   * @param folder An empty folder for everything that it reads and writes.
   * @param serverPorts Where the servers behind it listen on loopback.
   * @param change Changes the configuration.
   */
  static async start(
    folder: string,
    serverPorts: readonly number[],
    change: (site: string) => string = (site) => site,
  ): Promise<Nginx> {
    fs.mkdirSync(folder);
    certify(folder);
    const port = freePort();
    const site = replaceEach(fs.readFileSync(SITE, "utf8"), [
      ["listen 443 ssl", `listen 127.0.0.1:${port} ssl`],
      ["server_name images.example.com", "server_name localhost"],
      ["/etc/ssl/parasync/", `${folder}/`],
      [
        "    server 127.0.0.1:19876;",
        serverPorts.map((each) => `    server 127.0.0.1:${each};`).join("\n"),
      ],
    ]);
    fs.writeFileSync(join(folder, "site.conf"), change(site));
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
    fs.writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
       http { access_log off; ${temporary} include ${folder}/site.conf; }`,
    );
    const child = new Deno.Command("nginx", {
      args: ["-p", folder, "-c", join(folder, "nginx.conf")],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const nginx = new Nginx(child, `https://localhost:${port}`, join(folder, "authority.pem"));
    let over = false;
    child.status.then(() => over = true);
    await eventually("nginx listens", () => {
      if (over) throw new Error(fs.readFileSync(join(folder, "error.log"), "utf8"));
      // It writes its number once it has its sockets.
      return fs.existsSync(join(folder, "pid")) || undefined;
    });
    return nginx;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }
}

function replaceEach(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`docs/ops/nginx.conf has no ${from}`);
    return changed.replaceAll(from, to);
  }, text);
}

/** A certificate for localhost, and the authority that it is from. */
function certify(folder: string): void {
  const openssl = (line: string): void => {
    const args = [...line.split(" ")];
    const { success, stderr } = new Deno.Command("openssl", { args, cwd: folder }).outputSync();
    if (!success) throw new Error(`openssl ${line}: ${new TextDecoder().decode(stderr)}`);
  };
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  openssl(`req -x509 ${key} -keyout authority.key -out authority.pem -days 2 -subj /CN=authority`);
  openssl(`req ${key} -keyout key.pem -out request -subj /CN=localhost`);
  fs.writeFileSync(
    join(folder, "extensions"),
    "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n",
  );
  openssl(
    "x509 -req -in request -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 " +
      "-extfile extensions -out fullchain.pem",
  );
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
