/** librsync's signatures and deltas. */
import { LibrsyncDeltaDecoder } from "../../../src/delta/librsync_delta_decoder.ts";
import { ParasyncError } from "../../../src/errors.ts";
import {
  encodeSignatureBlocks,
  encodeSignatureHeader,
  SignatureDecoder,
} from "../../../src/matching/librsync_signature.ts";
import { type Numbers, oneOf, randomBytes } from "../../fixtures/seeded.ts";
import { join, little, type Wide } from "../../hostile/wire/bytes.ts";
import { pieces, someNumber } from "../mutation.ts";
import { type FuzzTarget, must, same } from "../target.ts";

const BASIS_SIZE = 5000;

function big(value: Wide, width: number): Uint8Array<ArrayBuffer> {
  return little(value, width).reverse();
}

function signature(next: Numbers): Uint8Array<ArrayBuffer> {
  const magic = oneOf(next, [0x72730136, 0x72730137, 0x72730146, 0x72730147]);
  const strongBytes = oneOf(next, [1, 8, 16, 32, 33]);
  const blocks = randomBytes(next, next(6) * (4 + strongBytes) + (next(4) === 0 ? next(9) : 0));
  return join(big(magic, 4), big(someNumber(next, 1 << 20), 4), big(strongBytes, 4), blocks);
}

function delta(next: Numbers): Uint8Array<ArrayBuffer> {
  const widths = [1, 2, 4, 8];
  const commands = Array.from({ length: next(8) }, () => {
    if (next(3) === 0) {
      const data = randomBytes(next, 1 + next(64));
      return join(Uint8Array.of(data.length), data);
    }
    if (next(3) === 0) {
      const kind = next(4);
      const data = randomBytes(next, 1 + next(64));
      const length = next(8) === 0 ? someNumber(next, 200) : data.length;
      return join(Uint8Array.of(65 + kind), big(length, widths[kind]!), data);
    }
    const [place, length] = [next(4), next(4)];
    return join(
      Uint8Array.of(69 + 4 * place + length),
      big(someNumber(next, 250), widths[place]!),
      big(someNumber(next, 250), widths[length]!),
    );
  });
  return join(big(0x72730236, 4), ...commands, Uint8Array.of(0));
}

/** A signature as it would be written again, or why it was refused. */
function readSignature(
  parts: readonly Uint8Array[],
): { readonly written: Uint8Array; readonly refusal: string } {
  const decoder = new SignatureDecoder("s");
  try {
    for (const part of parts) decoder.push(part);
    const { header, weaks, strong } = decoder.finish();
    const { strongBytes } = header;
    const blocks = encodeSignatureBlocks(weaks, strong, strongBytes, strongBytes);
    return { written: join(encodeSignatureHeader(header), blocks), refusal: "" };
  } catch (error) {
    if (error instanceof ParasyncError) {
      return { written: new Uint8Array(0), refusal: error.message };
    }
    throw error;
  }
}

function readDelta(parts: readonly Uint8Array[]): { told: string; outcome: string } {
  let literals = 0;
  const copies: string[] = [];
  const decoder = new LibrsyncDeltaDecoder("d", BASIS_SIZE, {
    copy(source, length) {
      must(source >= 0 && length >= 1 && source + length <= BASIS_SIZE, "a copy outside the basis");
      copies.push(`${source}+${length}`);
    },
    literal: (bytes) => literals += bytes.length,
  });
  let outcome = "a delta";
  try {
    for (const part of parts) decoder.push(part);
    decoder.finish();
    must(decoder.totals.literalBytes === literals, "literals do not add up");
  } catch (error) {
    if (!(error instanceof ParasyncError)) throw error;
    outcome = error.message;
  }
  return { told: `${literals} ${copies}`, outcome };
}

/** The formats of rdiff. */
export const LIBRSYNC_TARGETS: readonly FuzzTarget[] = [
  {
    name: "signature",
    weight: 6,
    make: signature,
    run(bytes, next) {
      const whole = readSignature([bytes]);
      const cut = readSignature(pieces(next, bytes));
      must(whole.refusal === cut.refusal, "cuts change a refusal");
      if (whole.refusal !== "") return whole.refusal;
      must(same(whole.written, bytes), "a signature changes when it is written again");
      must(same(cut.written, bytes), "a signature changes with the cuts");
      return "a signature";
    },
  },
  {
    name: "librsync-delta",
    weight: 8,
    make: delta,
    run(bytes, next) {
      const whole = readDelta([bytes]);
      const cut = readDelta(pieces(next, bytes));
      must(whole.outcome === cut.outcome, "cuts change a refusal");
      must(whole.told === cut.told, "cuts change the commands");
      return whole.outcome;
    },
  },
];
