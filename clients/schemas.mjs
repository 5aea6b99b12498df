// Prints the part of docs/api/openapi.json from which the clients' types are made: the schemas of all operations'
// data and replies, and nothing else.
import { readFileSync } from "node:fs";

const api = JSON.parse(readFileSync(new URL("../docs/api/openapi.json", import.meta.url)));
const unused = /^(Envelope|EnvelopeAnswer|RpcCall|RpcAnswer|ListFault)$/;
const schemas = Object.fromEntries(Object.entries(api.components.schemas).filter(([name]) => !unused.test(name)));
console.log(JSON.stringify({ openapi: api.openapi, info: api.info, paths: {}, components: { schemas } }, null, 2));
