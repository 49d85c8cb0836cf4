// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { adviseVariables } from "./unknown_variables.ts";

Deno.test("a variable that looks like a flag's and is not is told of, with the nearest that is", () => {
  assertEquals(adviseVariables(["PARASYNC_MAX_BDOY", "PARASYNC_PORT", "PATH"]), [
    "PARASYNC_MAX_BDOY sets nothing: there is no such flag; did you mean PARASYNC_MAX_BODY?",
  ]);
  const known = [
    "PARASYNC_TOKEN",
    "PARASYNC_LIBISAL",
    "PARASYNC_THREAD_NUM",
    "parasync_x",
    "DENO_X",
  ];
  assertEquals(adviseVariables(known), []);
});
