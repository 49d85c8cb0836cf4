/** Where each scheme's two ends are; each is loaded only when it is asked for. */
import type { SchemeName } from "./scheme_name.ts";
import type { KeyScheme, SignatureScheme, SourceScheme } from "./scheme.ts";
import type { KeyPlan } from "./key_plan.ts";
import type { SignaturePlan } from "./signature_plan.ts";

// The specifiers are literals, so that `deno compile` finds them.
const KEY_PLANS: Readonly<Partial<Record<SchemeName, () => Promise<KeyPlan>>>> = {
  dsync: async () => (await import("./dsync.ts")).dsync,
  "skysync_c": async () => (await import("./skysync_c.ts")).skysyncC,
  pdsync: async () => (await import("./pdsync.ts")).pdsync,
  parasync: async () => (await import("./parasync.ts")).parasync,
};

const SIGNATURE_PLANS: Readonly<Partial<Record<SchemeName, () => Promise<SignaturePlan>>>> = {
  rsync: async () => (await import("./rsync.ts")).rsync,
  "skysync_f": async () => (await import("./skysync_f.ts")).skysyncF,
};

/** The client's end of a scheme. */
export async function loadSourceScheme(name: SchemeName): Promise<SourceScheme> {
  const signed = SIGNATURE_PLANS[name];
  if (signed !== undefined) {
    const [plan, { pushBySignature }] = await Promise.all([
      signed(),
      import("./signature_source.ts"),
    ]);
    return (end, peer) => pushBySignature(plan, end, peer);
  }
  const [plan, { pushByKeys }] = await Promise.all([
    KEY_PLANS[name]!(),
    import("./key_source.ts"),
  ]);
  return (end, peer) => pushByKeys(plan, end, peer);
}

/**
 * The server's end of a scheme in which the client moves first.
 *
 * @throws {TypeError} For a scheme in which the server does.
 */
export async function loadKeyScheme(name: SchemeName): Promise<KeyScheme> {
  const load = KEY_PLANS[name];
  if (load === undefined) throw new TypeError(`${name} has no keys`);
  const [plan, { answerKeys }] = await Promise.all([load(), import("./key_basis.ts")]);
  return (end, frames) => answerKeys(plan, end, frames);
}

/**
 * The server's end of a scheme in which the server moves first, and whether its answer is made of frames.
 *
 * @throws {TypeError} For a scheme in which the client does.
 */
export async function loadSignatureScheme(
  name: SchemeName,
): Promise<{ readonly answer: SignatureScheme; readonly framed: boolean }> {
  const load = SIGNATURE_PLANS[name];
  if (load === undefined) throw new TypeError(`${name} has no signature`);
  const plan = await load();
  return { answer: (end) => plan.answer(end), framed: plan.framed };
}
