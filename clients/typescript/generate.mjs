// Makes src/schemas.ts and src/operations.ts from the description of the API.
import { readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import openapiTS, { astToString } from "openapi-typescript";

const head = "// Made by `npm run generate` from docs/api/openapi.json. Do not edit.\n\n";
const schemas = execFileSync("node", [new URL("../schemas.mjs", import.meta.url).pathname], { encoding: "utf8" });
const types = astToString(await openapiTS(schemas));
writeFileSync(new URL("src/schemas.ts", import.meta.url), head + types);

const api = JSON.parse(readFileSync(new URL("../../docs/api/openapi.json", import.meta.url)));
const name = (reference) => reference.$ref.split("/").pop();
const lines = Object.entries(api.paths)
  .filter(([path]) => path.startsWith("/api/op/"))
  .map(([path, { post }]) => {
    const data = name(post.requestBody.content["application/json"].schema);
    const reply = name(post.responses["200"].content["application/json"].schema.properties.data);
    return `  /** ${post.description} */\n  "${path.slice("/api/op/".length)}": { data: Schemas["${data}"]; reply: Schemas["${reply}"] };`;
  });
const operations = `import type { components } from "./schemas.js";

export type Schemas = components["schemas"];

/** Every operation: what it takes and what it answers. */
export interface Operations {
${lines.join("\n")}
}
`;
writeFileSync(new URL("src/operations.ts", import.meta.url), head + operations);
