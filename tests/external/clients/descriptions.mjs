// Checks the OpenRPC document by its own tools: `node descriptions.mjs FILE`.
import { readFileSync } from "node:fs";
import { parseOpenRPCDocument, validateOpenRPCDocument } from "@open-rpc/schema-utils-js";

const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
const parsed = await parseOpenRPCDocument(document);
const told = validateOpenRPCDocument(parsed);
if (told !== true) throw told;
console.log(`${parsed.methods.length} methods: ok`);
