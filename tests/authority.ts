import { join } from "node:path";

/** Where a certificate and its key lie. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says. */
export interface CertificateTerms {
  /** The names it is for, as in a certificate's subjectAltName. */
  readonly names?: string;
  /** From when until when, as YYYYMMDDHHMMSSZ. */
  readonly from?: string;
  readonly until?: string;
}

/** Whether certificates can be made here. */
export const OPENSSL: string = hasOpenssl() ? "" : " [skipped: needs openssl]";

function hasOpenssl(): boolean {
  try {
    return new Deno.Command("openssl", { args: ["version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** An authority that signs certificates, made for one test. */
export class Authority {
  /** The authority's own certificate. */
  readonly cert: string;
  readonly #key: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.cert = join(folder, "authority.pem");
    this.#key = join(folder, "authority.key");
  }

  /** Makes one, with all its files in a folder. */
  static make(folder: string): Authority {
    const authority = new Authority(folder);
    openssl(
      folder,
      ["req", "-x509", ...NEW_KEY, "-keyout", authority.#key, "-out", authority.cert],
      ["-days", "3650", "-subj", "/CN=Test authority", "-addext", "keyUsage=critical,keyCertSign"],
    );
    return authority;
  }

  /** Signs a certificate for a new key. */
  sign(name: string, terms: CertificateTerms = {}): CertificateFiles {
    const { names = "DNS:localhost,IP:127.0.0.1", from, until } = terms;
    const file = (ending: string): string => join(this.#folder, `${name}.${ending}`);
    const [cert, key, request, settings] = ["pem", "key", "csr", "cnf"].map(file) as [
      string,
      string,
      string,
      string,
    ];
    openssl(
      this.#folder,
      ["req", ...NEW_KEY, "-keyout", key, "-out", request, "-subj", "/CN=test"],
    );
    const index = file("index");
    Deno.writeTextFileSync(index, "");
    Deno.writeTextFileSync(
      settings,
      `[ca]\ndefault_ca=a\n[a]\ndatabase=${index}\nnew_certs_dir=${this.#folder}\nrand_serial=yes\n` +
        "default_md=sha256\npolicy=p\nx509_extensions=x\nunique_subject=no\n[p]\ncommonName=supplied\n" +
        `[x]\nbasicConstraints=CA:FALSE\nsubjectAltName=${names}\n`,
    );
    openssl(
      this.#folder,
      ["ca", "-batch", "-notext", "-config", settings, "-in", request, "-out", cert],
      ["-cert", this.cert, "-keyfile", this.#key],
      from === undefined ? [] : ["-startdate", from],
      until === undefined ? ["-days", "60"] : ["-enddate", until],
    );
    Deno.chmodSync(key, 0o600);
    return { cert, key };
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

function openssl(cwd: string, ...args: readonly string[][]): void {
  const { success, stderr } = new Deno.Command("openssl", { args: args.flat(), cwd }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
