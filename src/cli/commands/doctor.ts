import { printable } from "../../telemetry/printable.ts";
import type { CommandContext, OptionsOf } from "../command.ts";
import type { Section } from "../doctor/check.ts";
import { checkFolder, examineFolder } from "../doctor/folder.ts";
import { checkHardware, examineHardware } from "../doctor/hardware.ts";
import { checkMachine, examineMachine } from "../doctor/machine.ts";
import { checkServer } from "../doctor/server.ts";
import { serverAddress } from "../doctor/server_address.ts";
import { examineServer } from "../doctor/server_probe.ts";
import { doctorExit, doctorJson } from "../output/doctor_json.ts";
import { renderDoctor } from "../output/doctor_lines.ts";
import { authoritiesIn } from "../authority_flag.ts";
import { readToken } from "../token.ts";

/**
 * `doctor [URL]`: looks at the machine, at the folder of `--root` and at the server at URL, and says what is wrong
 * and what can be done about it.
 *
 * @param options The flags.
 * @param positionals URL, if any.
 * @param context The surroundings.
 * @returns 0 without a problem, else the exit code of what a sync would end with.
 */
export async function run(
  options: OptionsOf<"doctor">,
  positionals: readonly string[],
  context: CommandContext,
): Promise<number> {
  const { root, hw, tokenFile, ca, prefix, connectTimeout, json } = options;
  const { stdout, signal } = context;
  const [url] = positionals;
  const address = url === undefined ? undefined : serverAddress(url, prefix);
  const token = address === undefined ? undefined : readToken(tokenFile, context.env);
  const sections: Section[] = [
    { title: "This machine", checks: checkMachine(examineMachine()) },
    { title: `Checksums, --hw=${hw}`, checks: checkHardware(await examineHardware(hw)) },
  ];
  if (root !== "") {
    sections.push({
      title: `Folder ${printable(root)}`,
      checks: checkFolder(await examineFolder(root)),
    });
  }
  if (address !== undefined) {
    const facts = await examineServer(address, {
      token,
      authorities: await authoritiesIn(ca),
      connectMs: connectTimeout,
      signal,
    });
    sections.push({ title: `Server ${address.base}`, checks: checkServer(facts) });
  }
  signal.throwIfAborted();
  stdout.write(
    json
      ? `${doctorJson(sections)}\n`
      : renderDoctor(sections, { colour: stdout.colour, width: stdout.size().columns }),
  );
  return doctorExit(sections);
}
