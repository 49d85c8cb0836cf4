/** The one place where a backend is chosen. */
import { environmentValue } from "../../ffi/library.ts";
import { ParasyncError } from "../errors.ts";
import { type HardwareChoice, type HashBackend } from "./backend.ts";

/** A backend to hash with. */
export interface OpenedBackend {
  /** The backend. */
  readonly backend: HashBackend;
  /** If native was wanted and is not to be had: one line that says why and what to install. */
  readonly missing?: string;
}

// A thread needs each backend once: it has no state between two calls, and libraries stay loaded.
const natives = new Map<string, HashBackend>();
let portable: Promise<HashBackend> | undefined;

/**
 * Opens the backend that was asked for. In one thread, the same choice gives the same backend.
 *
 * @param choice `0` portable, without a look at any library; `1` and `auto` native where both libraries
 * can be had, else portable; `require` native or an error.
 * @returns The backend, and why it is not native if it was to be.
 * @throws {ParasyncError} `usage`, if native is required and missing.
 */
export async function openBackend(choice: HardwareChoice): Promise<OpenedBackend> {
  if (choice === "0") return { backend: await openPortable() };
  const native = await openNativeOnce();
  if (!("missing" in native)) return { backend: native };
  const { missing } = native;
  if (choice === "require") {
    throw new ParasyncError("usage", `Cannot use hardware checksums: ${missing}`);
  }
  return { backend: await openPortable(), missing };
}

async function openPortable(): Promise<HashBackend> {
  portable ??= import("./portable.ts").then(({ createPortable }) => createPortable());
  try {
    return await portable;
  } catch (error) {
    portable = undefined; // a second try may find what the first did not
    throw error;
  }
}

async function openNativeOnce(): Promise<HashBackend | { readonly missing: string }> {
  const { openNative } = await import("./native.ts");
  const overrides = JSON.stringify([
    environmentValue("PARASYNC_LIBISAL"),
    environmentValue("PARASYNC_LIBBLAKE3"),
  ]);
  const known = natives.get(overrides);
  if (known) return known;
  const opened = openNative();
  if ("missing" in opened) return opened;
  natives.set(overrides, opened);
  return opened;
}
