/** Where the relay listens when it is like another line. */

/**
 * An address of this machine's that is not a loopback one, if it has any: to those a program may behave as on the line
 * that it is to see. What is sent there stays in the machine.
 */
export function lineAddress(): string {
  const outer = Deno.networkInterfaces().find(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.") && !address.startsWith("169.254.")
  );
  return outer?.address ?? "127.0.0.1";
}
